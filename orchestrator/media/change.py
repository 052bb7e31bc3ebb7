"""How much a video changes from frame to frame, in a few figures for each frame."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

REACH = 5  # frames back that each frame is compared with: one more than the longest flash
_WIDTH = 256  # at which frames are compared: noise and small motion vanish


class Change(NamedTuple):
    """One frame beside those before it.

    Attributes:
        apart: the mean difference of hue, saturation and value to the frame 1, 2, ... `REACH` before, 0 to
            255; fewer at the video's beginning.
        level: mean luma, 0 to 255.
        spread: standard deviation of luma: 0 for a blank picture.
    """

    apart: tuple[float, ...]
    level: float
    spread: float

    @property
    def step(self) -> float:
        """The difference to the frame before; 0 for the first."""
        return self.apart[0] if self.apart else 0.0


def changes(frames: Iterable[NDArray[np.uint8]]) -> Iterator[Change]:
    """Yield the figures of each frame; `REACH` small frames are kept.

    The difference is that of PySceneDetect's content detector (Castellano, `detect-content`).

    Args:
        frames: (H, W, 3) uint8 RGB, in order, all of one size.
    """
    import cv2

    before: deque[NDArray[np.uint8]] = deque(maxlen=REACH)
    for frame in frames:
        small = _small(frame)
        hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
        mean, deviation = cv2.meanStdDev(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
        apart = tuple(float(cv2.absdiff(hsv, other).mean()) for other in before)
        yield Change(apart, mean.item(), deviation.item())
        before.appendleft(hsv)


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    height, width = frame.shape[:2]
    scale = min(1.0, _WIDTH / width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small: NDArray[np.uint8] = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return small
