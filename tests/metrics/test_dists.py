"""DISTS against its paper's formulas, with random numbers in the place of the learned ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from skimage import data
from torch.nn.functional import conv2d

from orchestrator.errors import ModelFileError
from orchestrator.metrics.dists import dists, load_dists
from orchestrator.metrics.layouts import LAYOUTS

if TYPE_CHECKING:
    from pathlib import Path

PHOTO, OTHER = data.astronaut()[:64, :80], data.coffee()[:64, :80]
CHANNELS = (3, 64, 128, 256, 512, 512)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A VGG-16 and numbers for its channels, all random."""
    folder = tmp_path_factory.mktemp("dists")
    torch.manual_seed(0)
    layers = LAYOUTS["vgg16"]().state_dict()
    save_file({f"features.{key}": value for key, value in layers.items()}, folder / "vgg.safetensors")
    numbers = {name: torch.rand(1, sum(CHANNELS), 1, 1) for name in ("alpha", "beta")}
    torch.save(numbers, folder / "weights.pt")
    return folder / "vgg.safetensors", folder / "weights.pt"


def stages(picture: np.ndarray, vgg: Path) -> list[np.ndarray]:
    """What the paper's network sees: five stages of convolutions, smooth pooling between them."""
    state = load_file(vgg)
    h = torch.tensor(picture.transpose(2, 0, 1)[None] / 255, dtype=torch.float32)
    found = [h[0].double().numpy()]
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    h = (h - mean) / std
    hann = np.hanning(5)[1:-1]
    window = torch.tensor(np.outer(hann, hann) / np.outer(hann, hann).sum(), dtype=torch.float32)
    for stage, convolutions in enumerate([(0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)]):
        if stage:
            kernel = window[None, None].repeat(h.shape[1], 1, 1, 1)
            h = (conv2d(h**2, kernel, stride=2, padding=1, groups=h.shape[1]) + 1e-12).sqrt()
        for number in convolutions:
            w, b = (state[f"features.{number}.{part}"] for part in ("weight", "bias"))
            h = conv2d(h, w, b, padding=1).relu()
        found.append(h[0].double().numpy())
    return found


def written_out(a: np.ndarray, b: np.ndarray, vgg: Path, numbers: Path) -> float:
    """Ding et al. 2020, equations 5 to 7."""
    learned = torch.load(numbers, weights_only=True)
    alpha, beta = (learned[name].flatten().double().numpy() for name in ("alpha", "beta"))
    total, start = (alpha.sum() + beta.sum()), 0
    alike = 0.0
    for x, y in zip(stages(a, vgg), stages(b, vgg), strict=True):
        for channel, (p, q) in enumerate(zip(x, y, strict=True), start):
            texture = (2 * p.mean() * q.mean() + 1e-6) / (p.mean() ** 2 + q.mean() ** 2 + 1e-6)
            covariance = ((p - p.mean()) * (q - q.mean())).mean()
            structure = (2 * covariance + 1e-6) / (p.var() + q.var() + 1e-6)
            alike += alpha[channel] * texture + beta[channel] * structure
        start += len(x)
    return float(1 - alike / total)


def test_equals_the_papers_formulas(weights: tuple[Path, Path]) -> None:
    """The distance equals the formulas written out channel by channel, and is 0 for equal pictures."""
    net = load_dists(*weights)
    a, b = net.look([PHOTO, OTHER])
    assert dists(a, b, net).item() == pytest.approx(written_out(PHOTO, OTHER, *weights), abs=1e-4)
    assert dists(a, b, net).item() > 0.01
    assert dists(a, a, net).item() == pytest.approx(0, abs=1e-6)


def test_in_a_region_the_rest_counts_less(weights: tuple[Path, Path]) -> None:
    """Where half of a picture is equal, the distance is smaller in that half than in the other."""
    net = load_dists(*weights)
    left = np.zeros(PHOTO.shape[:2], bool)
    left[:, :40] = True
    mixed = np.where(left[..., None], PHOTO, OTHER)
    a, b = net.look([PHOTO, mixed])
    assert dists(a, b, net, left).item() < dists(a, b, net).item() < dists(a, b, net, ~left).item()


def test_files_that_are_none_are_named(weights: tuple[Path, Path], tmp_path: Path) -> None:
    """Numbers that are missing or of another kind end in a ModelFileError."""
    vgg, _ = weights
    with pytest.raises(ModelFileError, match="alpha and beta"):
        load_dists(vgg, vgg)
    with pytest.raises(ModelFileError, match="cannot be read"):
        load_dists(vgg, tmp_path / "none.pt")
