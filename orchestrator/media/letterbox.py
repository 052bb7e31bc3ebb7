"""The black bars around a picture: found, and left as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_BLACK = 24.0  # of 255: compression leaves less than this on black
_SOFT = 2  # pixels beside a bar that a scaler has mixed with it: they go to the bar


class Box(NamedTuple):
    """A rectangle: columns `left` to `right - 1`, rows `top` to `bottom - 1`."""

    left: int
    top: int
    right: int
    bottom: int


class Light(NamedTuple):
    """The brightest value that each row and each column has shown so far, 0 to 255: (H,) and (W,)."""

    rows: NDArray[np.float32]
    columns: NDArray[np.float32]


def lit(frame: NDArray[np.uint8], before: Light | None) -> Light:
    """Return what rows and columns have shown with this frame too.

    Args:
        frame: (H, W, 3) uint8 RGB.
        before: of the frames so far; None for the first.
    """
    import cv2

    brightest = cv2.blur(frame.max(axis=2), (3, 3))  # a single pixel is no picture
    rows, columns = (brightest.max(axis=axis).astype(np.float32) for axis in (1, 0))
    if before is None:
        return Light(rows, columns)
    return Light(np.maximum(rows, before.rows), np.maximum(columns, before.columns))


def picture(light: Light | None) -> Box | None:
    """Return what lies within the bars, or None where there are none; a wholly black video has none.

    Args:
        light: of all frames of a video; None of no frame.
    """
    if light is None:
        return None
    height, width = len(light.rows), len(light.columns)
    top, bottom = _extent(light.rows)
    left, right = _extent(light.columns)
    box = Box(left, top, right, bottom)
    return None if box == Box(0, 0, width, height) or top >= bottom or left >= right else box


def find(frames: Iterable[NDArray[np.uint8]]) -> Box | None:
    """Return the rectangle within the bars that stay black in all frames, or None where there are none."""
    light = None
    for frame in frames:
        light = lit(frame, light)
    return picture(light)


def inside(frame: NDArray[np.uint8], box: Box | None) -> NDArray[np.uint8]:
    """Return the part of a frame within the bars, as a view; all of it without bars."""
    if box is None:
        return frame
    part: NDArray[np.uint8] = frame[box.top : box.bottom, box.left : box.right]
    return part


def framed(painted: NDArray[np.uint8], source: NDArray[np.uint8], box: Box | None) -> NDArray[np.uint8]:
    """Return a painted picture within the source's own bars.

    Args:
        painted: what was made of `inside(source, box)`, of its size.
        source: (H, W, 3) uint8 RGB.
        box: where the picture is; None: everywhere.
    """
    whole: NDArray[np.uint8] = source.copy()
    inside(whole, box)[...] = painted
    return whole


def _extent(lights: NDArray[np.float32]) -> tuple[int, int]:
    """Return where it begins and ends to be bright."""
    bright = np.flatnonzero(lights > _BLACK)
    if not len(bright):
        return 0, 0
    first, last = int(bright[0]), int(bright[-1]) + 1
    return first + _SOFT * (first > 0), last - _SOFT * (last < len(lights))
