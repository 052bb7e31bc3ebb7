"""The part of a picture that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Region = NDArray[np.bool_]
    """(H, W): the pixels that count."""


def mean_in(values: NDArray[Any], region: Region | None) -> float | None:
    """Return the mean of (H, W) or (H, W, C) values over the pixels that count; None if none does."""
    counted = values if region is None else values[region]
    return float(counted.mean()) if counted.size else None


def shares(region: Region, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return which share of each cell of a coarser grid counts, 0 to 1.

    Args:
        region: the pixels that count.
        size: the grid's height and width.
    """
    cells = cv2.resize(region.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cells, np.float32)


def inset(region: Region | None, margin: int) -> Region | None:
    """Return a region without the picture's outermost `margin` pixels."""
    return None if region is None else region[margin:-margin, margin:-margin]
