"""SSIM: how much of a picture's structure another one keeps.

Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural
Similarity", IEEE TIP 2004, with that paper's Gaussian window (11x11, sigma 1.5) and constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from orchestrator.errors import ImageError
from orchestrator.metrics.region import inset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from orchestrator.metrics.region import Region

    Map = NDArray[Any]

WINDOW = 11
SIGMA = 1.5
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
_BRIGHTEST = 255.0
_MARGIN = WINDOW // 2
_STRIP = 64  # rows at once: what is worked on stays in the processor's cache, twice as fast


def ssim(a: NDArray[np.uint8], b: NDArray[np.uint8], region: Region | None = None) -> float | None:
    """Return the mean SSIM of two (H, W, 3) uint8 RGB pictures: at most 1, which equal ones have.

    Measured per colour channel and averaged; places whose window would leave the picture do not count.
    Within 1e-6 of scikit-image's `structural_similarity` with gaussian_weights, sigma=1.5,
    use_sample_covariance=False and data_range=255, and about ten times as fast.

    Args:
        a: one picture.
        b: the other.
        region: (H, W) bool: the places that count; their windows may look beyond it.

    Returns:
        From -1 to 1; None where no place counts.

    Raises:
        ImageError: sizes differ, or a side is shorter than the window's 11 pixels.
    """
    if a.shape != b.shape or min(a.shape[:2]) < WINDOW:
        raise ImageError(f"SSIM needs two pictures of one size, 11x11 or larger, not {a.shape} and {b.shape}")
    counted = inset(region, _MARGIN)
    total, count = 0.0, 0
    for rows, strip in _strips(a.astype(np.float32), b.astype(np.float32)):
        places = strip if counted is None else strip[counted[rows]]
        total, count = total + float(places.sum(dtype=np.float64)), count + places.size
    return total / count if count else None


def maps(x: NDArray[Any], y: NDArray[Any]) -> tuple[Map, Map]:
    """Return how alike luminance, and how alike contrast and structure are, at each place.

    Args:
        x: (H, W, 3) float32 or float64, colours from 0 to 255.
        y: the same.

    Returns:
        Two (H - 10, W - 10, 3) float64: the two factors of SSIM.
    """
    # sum and difference hold all that is needed: 4xy = (x + y)^2 - (x - y)^2; around the middle of the range
    # their squares are small, so that float32 loses little of them, and of their means
    plus, minus = x + y - _BRIGHTEST, x - y
    mean_plus, mean_minus = _blurred(plus, cv2.CV_64F), _blurred(minus, cv2.CV_64F)
    spread_plus = _blurred(plus * plus) - mean_plus * mean_plus
    spread_minus = _blurred(minus * minus) - mean_minus * mean_minus
    luminance = _alike(np.square(mean_plus + _BRIGHTEST), np.square(mean_minus), C1)
    return luminance, _alike(spread_plus, spread_minus, C2)


def _alike(plus: Map, minus: Map, constant: float) -> Map:
    alike: Map = (plus - minus + 2 * constant) / (plus + minus + 2 * constant)
    return alike


def _strips(x: NDArray[np.float32], y: NDArray[np.float32]) -> Iterator[tuple[slice, Map]]:
    """Yield SSIM at each place, in strips of rows; the slice counts rows without the margin."""
    for first in range(0, len(x) - 2 * _MARGIN, _STRIP):
        seen = slice(first, first + _STRIP + 2 * _MARGIN)
        luminance, structure = maps(x[seen], y[seen])
        yield slice(first, first + len(luminance)), luminance * structure


def _blurred(image: NDArray[Any], kind: int = -1) -> Map:
    """Return the Gaussian means where the window lies within, as the image's kind of number or another."""
    kernel = cv2.getGaussianKernel(WINDOW, SIGMA)
    blurred: Map = cv2.sepFilter2D(image, kind, kernel, kernel)
    return blurred[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
