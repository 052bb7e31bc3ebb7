"""Which frames are painted, when the frames between them are carried along the motion.

As in Jamriška et al., "Stylizing video by example" (SIGGRAPH 2019), a few frames of a shot are painted and
the others follow them. Which, the motion decides: each frame spends a part of a budget, by how far the
picture moved and how much of it was uncovered, and where the budget is spent, a frame is painted.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.media import flow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from orchestrator.stylization.settings import ConsistencySettings

_WIDTH = 256  # at which motion is measured
_SPENT = 1 - 1e-9  # shares that add up to 1 but for their last bits


def chosen(
    frames: Iterable[NDArray[np.uint8]], cuts: Collection[int], settings: ConsistencySettings
) -> Iterator[int]:
    """Yield the indices of the frames to paint, ascending; three small frames are kept.

    Each shot's first frame is one, and its last, unless that lies fewer than `min_gap` frames after another.
    All others are `min_gap` to `max_gap` frames apart, as the motion is strong or weak.

    Args:
        frames: the source's, (H, W, 3) uint8 RGB, in order.
        cuts: indices of the frames that begin a new shot.
        settings: `motion`, `min_gap` and `max_gap`.
    """
    key, spent, index = 0, 0.0, -1
    for index, change in enumerate(_changes(frames, {0, *cuts})):
        if change is None:
            yield from _closing(key, index - 1, settings)
            spent = 1.0
        else:
            spent += min(max(change / settings.motion, 1 / settings.max_gap), 1 / settings.min_gap)
        if spent >= _SPENT:
            yield index
            key, spent = index, 0.0
    yield from _closing(key, index, settings)


def evenly(count: int, every: int, cuts: Sequence[int]) -> tuple[int, ...]:
    """Return the frames to paint: each shot's first, and every Nth from there.

    Args:
        count: frames of the clip.
        every: N; 1 paints all.
        cuts: indices of the frames that begin a new shot, ascending.
    """
    bounds = (0, *cuts, count)
    return tuple(index for start, stop in pairwise(bounds) for index in range(start, stop, every))


def _closing(key: int, last: int, settings: ConsistencySettings) -> Iterator[int]:
    """Yield a shot's last frame where no other painted one is near."""
    if last - key >= settings.min_gap:
        yield last


def _changes(frames: Iterable[NDArray[np.uint8]], starts: Collection[int]) -> Iterator[float | None]:
    """Yield for each frame how much it differs from the one before; None where it begins a shot."""
    before: NDArray[np.uint8] | None = None
    for index, now in enumerate(map(_small, frames)):
        yield None if before is None or index in starts else change(before, now)
        before = now


def change(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """Return how much of a frame is new: its mean motion in widths, and the share that was uncovered.

    Args:
        before: (H, W, 3) uint8 RGB.
        now: the next frame, of the same size.
    """
    backward, forward = flow.both_ways(now, before)
    moved = np.linalg.norm(backward, axis=2).mean() / now.shape[1]
    uncovered = 1 - flow.trust(backward, forward).mean()
    return float(moved + uncovered)


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    height, width = frame.shape[:2]
    size = (min(width, _WIDTH), max(round(height * min(1.0, _WIDTH / width)), 1))
    small: NDArray[np.uint8] = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return small
