"""PSNR: how small the squared error between two pictures is."""

from __future__ import annotations

from math import inf, log10
from typing import TYPE_CHECKING

import cv2
import numpy as np

from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.metrics.region import Region


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8], region: Region | None = None) -> float | None:
    """Return the peak signal-to-noise ratio of two (H, W, 3) uint8 RGB pictures, in decibels.

    10 log10(255² / mean squared error), the mean over pixels and channels.

    Args:
        a: one picture.
        b: the other.
        region: (H, W) bool: the pixels that count.

    Returns:
        0 or more, infinite for equal pictures; None where no pixel counts.

    Raises:
        ImageError: sizes differ.
    """
    if a.shape != b.shape:
        raise ImageError(f"PSNR needs two pictures of one size, not {a.shape} and {b.shape}")
    counted = a.size if region is None else a.shape[2] * int(region.sum())
    if not counted:
        return None
    squares = cv2.norm(a, b, cv2.NORM_L2SQR, None if region is None else region.astype(np.uint8))
    return 10 * log10(255**2 * counted / squares) if squares else inf
