"""Gram distance: how far a picture's textures and colours are from those of a set of style pictures.

Gatys, Ecker, Bethge: "A Neural Algorithm of Artistic Style", 2015. There the squared difference of Gram
matrices is a loss; here it is taken relative to the style's own Gram matrix, so that layers and networks
can be averaged and read: 0 is the style itself, 1 is as far away as having no features at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from orchestrator.errors import ImageError
from orchestrator.metrics.backbone import check_sizes, load_backbone
from orchestrator.metrics.region import shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Backbone, Layers
    from orchestrator.metrics.region import Region

GramTrunk = Literal["alexnet", "vgg16"]

# Rectified outputs: all of AlexNet's convolutions, VGG-16's conv1_1 to conv4_1 (Gatys et al., figure 1 d).
GRAM_TAPS: Mapping[GramTrunk, tuple[int, ...]] = {"alexnet": (1, 4, 7, 9, 11), "vgg16": (1, 6, 11, 18)}

Grams = dict[int, torch.Tensor]
"""For each layer looked at a (C, C) matrix."""


@dataclass(frozen=True)
class GramNet:
    """A network and the layers whose Gram matrices are compared."""

    backbone: Backbone
    taps: tuple[int, ...]


def load_gram(trunk: GramTrunk = "alexnet", weights: Path | None = None, device: str = "cpu") -> GramNet:
    """Return a network for Gram distances; `alexnet` ships, `vgg16` needs a safetensors file.

    Raises:
        ModelFileError: the network's weights are missing or of another kind.
    """
    return GramNet(load_backbone(trunk, weights, device), GRAM_TAPS[trunk])


def style_grams(style: Iterable[NDArray[np.uint8]], net: GramNet) -> Grams:
    """Return the mean Gram matrices of style pictures, each (H, W, 3) uint8, one in memory at a time.

    Textures have a scale: give the pictures at about the size at which results are measured. Their sizes
    may differ.

    Raises:
        ImageError: there is none, or one has a side shorter than 32 pixels.
    """
    return mean_grams(grams(net.backbone.look([picture], net.taps)[0], net.taps) for picture in style)


def mean_grams(each: Iterable[Grams]) -> Grams:
    """Return the mean of the Gram matrices of several pictures. Raises ImageError: there is none."""
    total: Grams = {}
    count = 0
    for one in each:
        total = {tap: total[tap] + gram if count else gram for tap, gram in one.items()}
        count += 1
    if not count:
        raise ImageError("there are no style pictures to measure the distance to")
    return {tap: gram / count for tap, gram in total.items()}


def gram_distance(images: Sequence[NDArray[np.uint8]], style: Grams, net: GramNet) -> list[float]:
    """Return, for each of N pictures of one size, its distance to the style: 0 or more.

    Per layer it is the Frobenius norm of the difference over that of the style; the layers are averaged.

    Raises:
        ImageError: sizes differ, or a side is shorter than 32 pixels.
    """
    check_sizes(images)
    return [distance(grams(layers, net.taps), style).item() for layers in net.backbone.look(images, net.taps)]


def distance(own: Grams, style: Grams) -> torch.Tensor:
    """Return how far Gram matrices are from the style's, as a tensor of one number."""
    apart = [
        torch.linalg.matrix_norm(own[tap] - of_style) / torch.linalg.matrix_norm(of_style)
        for tap, of_style in style.items()
    ]
    return torch.stack(apart).mean()


def grams(layers: Layers, taps: Sequence[int], region: Region | None = None) -> Grams:
    """Return the correlations of the channels of some layers, averaged over places.

    Args:
        layers: what a network sees in a picture.
        taps: the layers wanted.
        region: the pixels that count; each place counts by the share of its cell that does.
    """
    return {tap: _gram(layers[tap][0], region) for tap in taps}


def _gram(features: torch.Tensor, region: Region | None) -> torch.Tensor:
    flat = features.flatten(1)
    if region is None:
        return flat @ flat.T / flat.shape[1]
    share = torch.from_numpy(shares(region, (features.shape[1], features.shape[2]))).to(flat.device).flatten()
    return (flat * share) @ flat.T / share.sum()
