"""LPIPS, version 0.1: how far two pictures are apart to a human eye.

Zhang, Isola, Efros, Shechtman, Wang: "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric", CVPR 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from orchestrator.metrics.backbone import SHIPPED, check_sizes, load_backbone, read_tensors
from orchestrator.metrics.region import shares

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Backbone, Layers
    from orchestrator.metrics.layouts import Architecture
    from orchestrator.metrics.region import Region

Trunk = Literal["alex", "vgg", "squeeze"]

# For each trunk its network and the numbers of the layers that LPIPS looks at.
TRUNKS: Mapping[Trunk, tuple[Architecture, tuple[int, ...]]] = {
    "alex": ("alexnet", (1, 4, 7, 9, 11)),
    "vgg": ("vgg16", (3, 8, 15, 22, 29)),
    "squeeze": ("squeezenet1_1", (1, 4, 7, 9, 10, 11, 12)),
}
_TINY = 1e-10

Heads = dict[int, torch.Tensor]
"""For each layer looked at, the learned weight of each channel, (C,)."""


@dataclass(frozen=True)
class LpipsNet:
    """A trunk and what was learned about its channels."""

    backbone: Backbone
    heads: Heads


def load_heads(trunk: Trunk, device: torch.device) -> Heads:
    """Return the learned weights of a trunk's channels; they ship for all three."""
    found = read_tensors(SHIPPED / f"lpips_heads_{trunk}.safetensors")
    return {tap: found[f"lin{number}"].to(device) for number, tap in enumerate(TRUNKS[trunk][1])}


def load_lpips(trunk: Trunk = "alex", weights: Path | None = None, device: str = "cpu") -> LpipsNet:
    """Return LPIPS on one of its three trunks.

    Args:
        trunk: `alex` ships with this program; `vgg` and `squeeze` need `weights`.
        weights: a safetensors file with torchvision's weights of the trunk.
        device: where to compute, as torch names it.

    Raises:
        ModelFileError: the trunk's weights are missing or of another kind.
    """
    backbone = load_backbone(TRUNKS[trunk][0], weights, device)
    return LpipsNet(backbone, load_heads(trunk, backbone.device))


def lpips(a: NDArray[np.uint8], b: NDArray[np.uint8], net: LpipsNet) -> float:
    """Return the distance of two (H, W, 3) uint8 RGB pictures: 0 for equal ones, in practice below 1.

    Raises:
        ImageError: sizes differ, or a side is shorter than 32 pixels.
    """
    check_sizes([a, b])
    of_a, of_b = net.backbone.look([a, b], tuple(net.heads))
    return apart(of_a, of_b, net.heads).item()


def apart(a: Layers, b: Layers, heads: Heads, region: Region | None = None) -> torch.Tensor:
    """Return the distance of two pictures by what their network sees in them, as a tensor of one number.

    Args:
        a: the layers of one picture; more than `heads` names do no harm.
        b: of the other.
        heads: the weight of each channel.
        region: the pixels that count: each place of a layer counts by the share of its cell that does. What
            lies outside is still seen, as far as a place's receptive field reaches. Not a number where no
            pixel counts.
    """
    with torch.inference_mode():
        layers = [_weighted(_difference(a[tap], b[tap]), head, region) for tap, head in heads.items()]
        return torch.stack(layers).sum()


def _difference(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the squared difference of two (1, C, H, W) layers, each place scaled to length 1: (H, W, C)."""
    a, b = (layer[0].permute(1, 2, 0) for layer in (a, b))
    length_a, length_b = (torch.linalg.vector_norm(x, dim=2, keepdim=True) + _TINY for x in (a, b))
    difference: torch.Tensor = (a / length_a).addcdiv_(b, length_b, value=-1)
    return difference.square_()


def _weighted(squares: torch.Tensor, head: torch.Tensor, region: Region | None) -> torch.Tensor:
    places: torch.Tensor = squares @ head
    if region is None:
        return places.mean()
    share = torch.from_numpy(shares(region, (places.shape[0], places.shape[1]))).to(places.device)
    mean: torch.Tensor = (places * share).sum() / share.sum()
    return mean
