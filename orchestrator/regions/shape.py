"""What becomes of a mask before it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 0.05  # segmenters are never quite sure: below this a pixel is outside, above 0.95 inside
_FINEST = 0.1  # pixels: a softer edge than this is none


def ramp(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Return 0 up to `low`, 1 from `high` on, and a straight line between them."""
    share: NDArray[np.float32] = np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
    return share


def shaped(mask: NDArray[np.float32], *, grow: int, feather: float) -> NDArray[np.float32]:
    """Return a mask made larger or smaller, with a soft edge; far from it, 0 and 1 are exact.

    Args:
        mask: (H, W) float32, 0 to 1.
        grow: pixels; less than 0 makes it smaller.
        feather: how wide the soft edge is, pixels; half of it lies on either side.

    Returns:
        (H, W) float32, 0 to 1.
    """
    import cv2

    sure = ramp(mask, _LEAST, 1 - _LEAST)
    if grow:
        size = 2 * abs(grow) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        sure = (cv2.dilate if grow > 0 else cv2.erode)(sure, disc)
    if feather < _FINEST:
        return sure
    soft: NDArray[np.float32] = cv2.GaussianBlur(sure, (0, 0), feather / 4)
    return ramp(soft, _LEAST, 1 - _LEAST)
