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
from orchestrator.metrics.backbone import load_backbone, to_batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Backbone

GramTrunk = Literal["alexnet", "vgg16"]

# Rectified outputs: all of AlexNet's convolutions, VGG-16's conv1_1 to conv4_1 (Gatys et al., figure 1 d).
_TAPS: dict[GramTrunk, tuple[int, ...]] = {"alexnet": (1, 4, 7, 9, 11), "vgg16": (1, 6, 11, 18)}
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)

Grams = tuple[torch.Tensor, ...]
"""One (N, C, C) matrix stack per layer."""


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
    return GramNet(load_backbone(trunk, weights, device), _TAPS[trunk])


def style_grams(style: Iterable[NDArray[np.uint8]], net: GramNet) -> Grams:
    """Return the mean Gram matrices of style pictures, each (H, W, 3) uint8; their sizes may differ.

    Textures have a scale: give the pictures at about the size at which results are measured.

    Raises:
        ImageError: there is none, or one has a side shorter than 32 pixels.
    """
    total: Grams | None = None
    count = 0
    for picture in style:
        grams = _grams([picture], net)
        total = grams if total is None else tuple(t + g for t, g in zip(total, grams, strict=True))
        count += 1
    if total is None:
        raise ImageError("there are no style pictures to measure the distance to")
    return tuple(layer / count for layer in total)


def gram_distance(images: Sequence[NDArray[np.uint8]], style: Grams, net: GramNet) -> list[float]:
    """Return, for each of N pictures of one size, its distance to the style: 0 or more.

    Per layer it is the Frobenius norm of the difference over that of the style; the layers are averaged.

    Raises:
        ImageError: sizes differ, or a side is shorter than 32 pixels.
    """
    layers = [
        torch.linalg.matrix_norm(own - of_style) / torch.linalg.matrix_norm(of_style)
        for own, of_style in zip(_grams(images, net), style, strict=True)
    ]
    return torch.stack(layers).mean(0).tolist()


def _grams(images: Sequence[NDArray[np.uint8]], net: GramNet) -> Grams:
    batch = _normalised(to_batch(images, net.backbone.device))
    return tuple(_gram(layer) for layer in net.backbone.activations(batch, net.taps))


def _gram(features: torch.Tensor) -> torch.Tensor:
    """Return the correlations of the channels of (N, C, H, W), averaged over positions: (N, C, C)."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _normalised(images: torch.Tensor) -> torch.Tensor:
    mean = torch.tensor(_IMAGENET_MEAN, device=images.device).view(3, 1, 1)
    std = torch.tensor(_IMAGENET_STD, device=images.device).view(3, 1, 1)
    return (images / 255 - mean) / std
