"""MS-SSIM: SSIM at five scales, from details to outlines.

Wang, Simoncelli, Bovik: "Multiscale structural similarity for image quality assessment", Asilomar 2003.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from orchestrator.errors import ImageError
from orchestrator.metrics.region import inset, mean_in, shares
from orchestrator.metrics.ssim import WINDOW, maps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.metrics.region import Region

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, from the finest on
_SMALLEST = (WINDOW - 1) * 2 ** (len(_WEIGHTS) - 1) + 1
_HALF = 0.5


def ms_ssim(a: NDArray[np.uint8], b: NDArray[np.uint8], region: Region | None = None) -> float | None:
    """Return the multi-scale SSIM of two (H, W, 3) uint8 RGB pictures: 0 to 1, which equal ones have.

    Contrast and structure count at each scale, luminance at the coarsest alone; each is averaged over places
    and channels, and taken as 0 where it is below. The next scale is the mean of 2x2 pixels.

    Args:
        a: one picture.
        b: the other.
        region: (H, W) bool: the places that count; on a coarser scale, those of which half counts.

    Returns:
        From 0 to 1; None where on some scale no place counts.

    Raises:
        ImageError: sizes differ, or a side is shorter than 161 pixels.
    """
    if a.shape != b.shape or min(a.shape[:2]) < _SMALLEST:
        raise ImageError(
            f"MS-SSIM needs two pictures of one size, {_SMALLEST}x{_SMALLEST} or larger, not {a.shape} and"
            f" {b.shape}"
        )
    product = 1.0
    x, y = a.astype(np.float64), b.astype(np.float64)
    for scale, weight in enumerate(_WEIGHTS):
        if scale:
            x, y = _halved(x), _halved(y)
            region = None if region is None else shares(_even(region), (x.shape[0], x.shape[1])) >= _HALF
        luminance, structure = maps(x, y)
        alike = luminance * structure if scale == len(_WEIGHTS) - 1 else structure
        mean = mean_in(alike, inset(region, WINDOW // 2))
        if mean is None:
            return None
        product *= max(mean, 0.0) ** weight
    return product


def _halved(image: NDArray[np.float64]) -> NDArray[np.float64]:
    even = _even(image)
    halved: NDArray[np.float64] = cv2.resize(
        even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA
    )
    return halved


def _even(image: NDArray[Any]) -> NDArray[Any]:
    """Return a picture without its last row or column where their number is odd."""
    return image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2]
