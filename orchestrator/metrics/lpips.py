"""LPIPS, version 0.1: how far two pictures are apart to a human eye.

Zhang, Isola, Efros, Shechtman, Wang: "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric", CVPR 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from orchestrator.metrics.backbone import SHIPPED, load_backbone, read_tensors, to_batch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Architecture, Backbone

Trunk = Literal["alex", "vgg", "squeeze"]

# For each trunk its network and the numbers of the layers that LPIPS looks at.
_TRUNKS: dict[Trunk, tuple[Architecture, tuple[int, ...]]] = {
    "alex": ("alexnet", (1, 4, 7, 9, 11)),
    "vgg": ("vgg16", (3, 8, 15, 22, 29)),
    "squeeze": ("squeezenet1_1", (1, 4, 7, 9, 10, 11, 12)),
}
_SHIFT = (-0.030, -0.088, -0.188)
_SCALE = (0.458, 0.448, 0.450)
_TINY = 1e-10


@dataclass(frozen=True)
class LpipsNet:
    """A trunk and, for each layer looked at, the learned weight of each channel, (C,)."""

    backbone: Backbone
    taps: tuple[int, ...]
    heads: tuple[torch.Tensor, ...]


def load_lpips(trunk: Trunk = "alex", weights: Path | None = None, device: str = "cpu") -> LpipsNet:
    """Return LPIPS on one of its three trunks.

    Args:
        trunk: `alex` ships with this program; `vgg` and `squeeze` need `weights`.
        weights: a safetensors file with torchvision's weights of the trunk.
        device: where to compute, as torch names it.

    Raises:
        ModelFileError: the trunk's weights are missing or of another kind.
    """
    architecture, taps = _TRUNKS[trunk]
    heads = read_tensors(SHIPPED / f"lpips_heads_{trunk}.safetensors")
    return LpipsNet(
        backbone=load_backbone(architecture, weights, device),
        taps=taps,
        heads=tuple(heads[f"lin{layer}"].to(device) for layer in range(len(taps))),
    )


def lpips(a: NDArray[np.uint8], b: NDArray[np.uint8], net: LpipsNet) -> float:
    """Return the distance of two (H, W, 3) uint8 RGB pictures: 0 for equal ones, in practice below 1.

    Raises:
        ImageError: sizes differ, or a side is shorter than 32 pixels.
    """
    return lpips_batch([a], [b], net)[0]


def lpips_batch(a: Sequence[NDArray[np.uint8]], b: Sequence[NDArray[np.uint8]], net: LpipsNet) -> list[float]:
    """Return the distances of N pairs of pictures, all of one size, as `lpips` measures each.

    Raises:
        ImageError: as `lpips`.
    """
    images = _normalised(to_batch([*a, *b], net.backbone.device))
    distance = torch.zeros(len(a), device=images.device)
    for layer, head in zip(net.backbone.activations(images, net.taps), net.heads, strict=True):
        of_a, of_b = _unit(layer).chunk(2)
        distance += torch.einsum("nchw,c->n", (of_a - of_b) ** 2, head) / (layer.shape[2] * layer.shape[3])
    return distance.tolist()


def _normalised(images: torch.Tensor) -> torch.Tensor:
    shift = torch.tensor(_SHIFT, device=images.device).view(3, 1, 1)
    scale = torch.tensor(_SCALE, device=images.device).view(3, 1, 1)
    return (images / 127.5 - 1 - shift) / scale


def _unit(features: torch.Tensor) -> torch.Tensor:
    """Scale the channel vector at each position to length 1."""
    return features / (features.square().sum(1, keepdim=True).sqrt() + _TINY)
