"""The Gram distance against its formula, written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data

from orchestrator.errors import ImageError
from orchestrator.metrics.backbone import load_backbone
from orchestrator.metrics.gram import gram_distance, load_gram, style_grams

ASTRONAUT = data.astronaut()[:128, 128:288]
BRICK = np.stack([data.brick()[:128, :160]] * 3, axis=2)


def formula(image: np.ndarray, style: list[np.ndarray]) -> float:
    """Mean over layers of |G(image) - mean G(style)| / |mean G(style)|, G(i, j) = mean of f_i f_j."""
    backbone, taps = load_backbone("alexnet"), (1, 4, 7, 9, 11)

    def grams(picture: np.ndarray) -> list[np.ndarray]:
        x = (picture / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
        layers = backbone.activations(torch.tensor(x.transpose(2, 0, 1)[None], dtype=torch.float32), taps)
        flat = [layer[0].numpy().astype(np.float64) for layer in layers]
        return [np.einsum("ihw,jhw->ij", f, f) / f[0].size for f in flat]

    target = [np.mean(layer, axis=0) for layer in zip(*map(grams, style), strict=True)]
    return float(
        np.mean(
            [
                np.sqrt(((g - t) ** 2).sum()) / np.sqrt((t**2).sum())
                for g, t in zip(grams(image), target, strict=True)
            ]
        )
    )


def test_equals_the_written_out_formula() -> None:
    """Distances to two style pictures equal the formula computed in float64."""
    net = load_gram()
    style = [BRICK, np.rot90(BRICK)]
    measured = gram_distance([ASTRONAUT, BRICK], style_grams(style, net), net)
    assert measured == pytest.approx([formula(ASTRONAUT, style), formula(BRICK, style)], rel=1e-4)


def test_the_style_itself_is_at_no_distance() -> None:
    """A picture is 0 from itself, and nearer to a part of its own texture than to another picture."""
    net = load_gram()
    brick = style_grams([BRICK], net)
    own, cropped, other = (
        gram_distance([picture], brick, net)[0] for picture in (BRICK, BRICK[:96, 20:], ASTRONAUT)
    )
    assert own == pytest.approx(0, abs=1e-6)
    assert cropped < 0.5 * other


def test_a_style_without_pictures_is_refused() -> None:
    """An empty style set cannot be measured against."""
    with pytest.raises(ImageError, match="no style pictures"):
        style_grams([], load_gram())
