"""DISTS: how far two pictures are apart in structure and in texture.

Ding, Ma, Wang, Simoncelli: "Image Quality Assessment: Unifying Structure and Texture Similarity", TPAMI 2020.
Its learned numbers do not ship; they are those of the authors' `weights.pt`.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from orchestrator.errors import ModelFileError
from orchestrator.metrics.backbone import Backbone, load_backbone, read_tensors
from orchestrator.metrics.region import shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Layers
    from orchestrator.metrics.region import Region

    Frame = NDArray[np.uint8]

_PIXELS = -1  # stands for the picture itself among the numbers of layers
_TAPS = (3, 8, 15, 22, 29)  # VGG-16's conv1_2 to conv5_3, rectified
_CHANNELS = (3, 64, 128, 256, 512, 512)
_C = 1e-6


@dataclass(frozen=True, eq=False)
class DistsNet:
    """VGG-16 with smooth pooling, and how much each channel's texture and structure weigh, (1475,) each."""

    backbone: Backbone
    alpha: torch.Tensor
    beta: torch.Tensor

    def look(self, frames: Sequence[Frame]) -> list[Layers]:
        """Return some (H, W, 3) uint8 RGB pictures, with colours from 0 to 1, and what is seen in them."""
        device = self.backbone.device
        return [
            {_PIXELS: torch.from_numpy(frame).to(device).permute(2, 0, 1)[None] / 255, **seen}
            for frame, seen in zip(frames, self.backbone.look(frames, _TAPS), strict=True)
        ]

    look_at_source = look


def load_dists(vgg16: Path | None, numbers: Path, device: str = "cpu") -> DistsNet:
    """Return DISTS.

    Args:
        vgg16: a safetensors file with torchvision's weights.
        numbers: the authors' `weights.pt`, or a safetensors file, with `alpha` and `beta`.
        device: where to compute, as torch names it.

    Raises:
        ModelFileError: one of them is missing or of another kind.
    """
    trunk = load_backbone("vgg16", vgg16, device)
    pooled = [_SmoothPool() if isinstance(layer, nn.MaxPool2d) else layer for layer in trunk.layers]
    found = read_tensors(numbers) if numbers.suffix == ".safetensors" else _read_pickle(numbers)
    try:
        alpha, beta = (found[name].float().reshape(sum(_CHANNELS)).to(device) for name in ("alpha", "beta"))
    except (KeyError, RuntimeError) as error:
        raise ModelFileError("this file does not hold DISTS's alpha and beta", where=str(numbers)) from error
    return DistsNet(Backbone(nn.Sequential(*pooled), trunk.device), alpha, beta)


def dists(a: Layers, b: Layers, net: DistsNet, region: Region | None = None) -> torch.Tensor:
    """Return the distance of two pictures by what `net.look` sees, 0 for equal ones; one number.

    Args:
        a: one picture's layers.
        b: the other's.
        net: the weights of the channels.
        region: the pixels that count; each place counts by the share of its cell that does.
    """
    with torch.inference_mode():
        parts = [_alike(a[tap][0], b[tap][0], region) for tap in (_PIXELS, *_TAPS)]
        textures, structures = (torch.cat(each) for each in zip(*parts, strict=True))
        alike = (net.alpha * textures).sum() + (net.beta * structures).sum()
        return 1 - alike / (net.alpha.sum() + net.beta.sum())


def _alike(a: torch.Tensor, b: torch.Tensor, region: Region | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Return how alike the means, and how alike the variations, of the channels of two layers are."""
    weights = torch.ones(a.shape[1:], device=a.device)
    if region is not None:
        weights = torch.from_numpy(shares(region, (a.shape[1], a.shape[2]))).to(a.device)
    weights = weights / weights.sum()

    def mean(x: torch.Tensor) -> torch.Tensor:
        return (x * weights).sum((1, 2))

    mean_a, mean_b = mean(a), mean(b)
    off_a, off_b = a - mean_a[:, None, None], b - mean_b[:, None, None]
    texture = (2 * mean_a * mean_b + _C) / (mean_a**2 + mean_b**2 + _C)
    structure = (2 * mean(off_a * off_b) + _C) / (mean(off_a**2) + mean(off_b**2) + _C)
    return texture, structure


class _SmoothPool(nn.Module):
    """Root of a Hann-weighted mean of squares over 3x3 places, every second one."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        window = torch.tensor([0.25, 0.5, 0.25], device=x.device)
        kernel = torch.outer(window, window).expand(x.shape[1], 1, 3, 3)
        return (functional.conv2d(x**2, kernel, stride=2, padding=1, groups=x.shape[1]) + 1e-12).sqrt()


def _read_pickle(path: Path) -> Mapping[str, torch.Tensor]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)  # only tensors: no code is run
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise ModelFileError(f"DISTS's weights cannot be read: {error}", where=str(path)) from error
    return found if isinstance(found, dict) else {}
