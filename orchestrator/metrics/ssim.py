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

    Map = NDArray[np.float32]

WINDOW = 11
SIGMA = 1.5
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
_MARGIN = WINDOW // 2
_STRIP = 48  # rows at once: what is worked on stays in the processor's cache, twice as fast
_MIDDLE = np.float32(255)  # of the sum of two colours: without it, less is lost in single precision


def ssim(a: NDArray[np.uint8], b: NDArray[np.uint8], region: Region | None = None) -> float | None:
    """Return the mean SSIM of two (H, W, 3) uint8 RGB pictures: at most 1, which equal ones have.

    Measured per colour channel and averaged; places whose window would leave the picture do not count.
    Equal to scikit-image's `structural_similarity` with gaussian_weights, sigma=1.5,
    use_sample_covariance=False and data_range=255, to 1e-6.

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
    for rows, strip in _strips(a, b):
        places = strip if counted is None else strip[counted[rows]]
        total, count = total + float(places.sum(dtype=np.float64)), count + places.size
    return total / count if count else None


def maps(x: NDArray[Any], y: NDArray[Any]) -> tuple[Map, Map]:
    """Return how alike luminance, and how alike contrast and structure are, at each place.

    Args:
        x: (H, W, 3) uint8 or float, colours from 0 to 255.
        y: the same size.

    Returns:
        Two (H - 10, W - 10, 3) float32: the two factors of SSIM.
    """
    # sum and difference hold all that is needed: 4xy = (x + y)^2 - (x - y)^2. Between two flat parts the
    # spread of their difference is all that counts, and must come out as 0: that takes double precision
    plus = cv2.add(x, y, dtype=cv2.CV_32F) - _MIDDLE
    minus = cv2.subtract(x, y, dtype=cv2.CV_64F)
    mean_plus, mean_minus = _blurred(plus), _blurred(minus)
    spread_plus = _blurred(plus * plus) - np.square(mean_plus)
    spread_minus = (_blurred(minus * minus) - np.square(mean_minus)).astype(np.float32)
    light_plus, light_minus = np.square(mean_plus + _MIDDLE), np.square(mean_minus.astype(np.float32))
    return _likeness(light_plus, light_minus, 2 * C1), _likeness(spread_plus, spread_minus, 2 * C2)


def _likeness(plus: Map, minus: Map, constant: float) -> Map:
    alike: Map = plus - minus
    alike += np.float32(constant)
    alike /= plus + minus + np.float32(constant)
    return alike


def _strips(x: NDArray[np.uint8], y: NDArray[np.uint8]) -> Iterator[tuple[slice, Map]]:
    """Yield SSIM at each place, in strips of rows; the slice counts rows without the margin."""
    for first in range(0, len(x) - 2 * _MARGIN, _STRIP):
        seen = slice(first, first + _STRIP + 2 * _MARGIN)
        luminance, structure = maps(x[seen], y[seen])
        yield slice(first, first + len(luminance)), luminance * structure


def _blurred(image: NDArray[Any]) -> NDArray[Any]:
    """Return the Gaussian means in the same precision, where the window lies within."""
    kernel = cv2.getGaussianKernel(WINDOW, SIGMA)
    blurred: NDArray[Any] = cv2.sepFilter2D(image, -1, kernel, kernel)
    return blurred[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
