"""SSIM where PyTorch computes, for a GPU; the same figure as `orchestrator.metrics.ssim`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from torch.nn.functional import conv2d

from orchestrator.metrics.backbone import check_sizes
from orchestrator.metrics.region import inset
from orchestrator.metrics.ssim import C1, C2, SIGMA, WINDOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from orchestrator.metrics.region import Region

    Frame = NDArray[np.uint8]


def ssim_batch(
    a: Sequence[Frame], b: Sequence[Frame], regions: Sequence[Region | None], device: torch.device
) -> torch.Tensor:
    """Return the SSIM of N pairs of pictures of one size, as `ssim` measures each: (N,) float64.

    Not a number where no place of a pair counts.

    Raises:
        ImageError: sizes differ, or a side is shorter than 32 pixels.
    """
    check_sizes([*a, *b])
    x, y = (torch.from_numpy(np.stack(each)).to(device).permute(0, 3, 1, 2).double() for each in (a, b))
    plus, minus = x + y, x - y
    mean_plus, mean_minus = _blurred(plus) ** 2, _blurred(minus) ** 2
    spread_plus, spread_minus = _blurred(plus**2) - mean_plus, _blurred(minus**2) - mean_minus
    luminance = (mean_plus - mean_minus + 2 * C1) / (mean_plus + mean_minus + 2 * C1)
    structure = (spread_plus - spread_minus + 2 * C2) / (spread_plus + spread_minus + 2 * C2)
    places = (luminance * structure).mean(1)
    return torch.stack([_mean(*each) for each in zip(places, regions, strict=True)])


def _mean(places: torch.Tensor, region: Region | None) -> torch.Tensor:
    counted = inset(region, WINDOW // 2)
    return (places if counted is None else places[torch.from_numpy(counted).to(places.device)]).mean()


def _blurred(images: torch.Tensor) -> torch.Tensor:
    kernel = torch.from_numpy(cv2.getGaussianKernel(WINDOW, SIGMA)).to(images)
    planes = images.flatten(0, 1)[:, None]
    across = conv2d(conv2d(planes, kernel.view(1, 1, 1, WINDOW)), kernel.view(1, 1, WINDOW, 1))
    return across.view(*images.shape[:2], *across.shape[2:])
