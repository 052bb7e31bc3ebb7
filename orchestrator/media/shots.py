"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections import deque
from itertools import chain, pairwise, repeat
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_RATIO = 3.0  # how many times more than around it must change
_FLOOR = 15.0  # and how much at least, from 0 to 255
_WINDOW = 2  # frames on either side that it is compared with
_WIDTH = 256  # at which frames are compared: noise and small motion vanish


def cuts(frames: Iterable[NDArray[np.uint8]]) -> tuple[int, ...]:
    """Return the indices of the frames that begin a new shot; 0 is not among them.

    The adaptive content detector of PySceneDetect (Castellano, `detect-adaptive`): the mean change of hue,
    saturation and value between two frames marks a cut where it is 15 at least and 3 times its mean over the
    two frames before and after, so that fast motion is no cut. Shots of any length are told apart. Keeps
    five figures and one small frame.

    Args:
        frames: (H, W, 3) uint8 RGB, in order.
    """
    found = []
    # beyond both ends nothing changes, so that cuts near them are seen too
    edges = repeat(0.0, _WINDOW)
    scores = chain(repeat(0.0, _WINDOW), _changes(frames), edges)
    window: deque[float] = deque(maxlen=2 * _WINDOW + 1)
    for position, score in enumerate(scores):
        window.append(score)
        index = position - 2 * _WINDOW + 1
        if len(window) == window.maxlen and _is_cut(window):
            found.append(index)
    return tuple(found)


def _is_cut(window: deque[float]) -> bool:
    score = window[_WINDOW]
    around = (sum(window) - score) / (2 * _WINDOW)
    return score >= _FLOOR and score >= _RATIO * around


def _changes(frames: Iterable[NDArray[np.uint8]]) -> Iterator[float]:
    """Yield how much each frame but the first differs from the one before, from 0 to 255."""
    for before, now in pairwise(map(_small_hsv, frames)):
        yield float(np.abs(now - before).mean())


def _small_hsv(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    height, width = frame.shape[:2]
    scale = min(1.0, _WIDTH / width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    hsv: NDArray[np.float32] = cv2.cvtColor(small, cv2.COLOR_RGB2HSV).astype(np.float32)
    return hsv
