"""Which frames a painted one is carried to."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Reach(NamedTuple):
    """A painted frame, and the first and the last frame that its style is carried to; all are indices."""

    key: int
    first: int
    last: int


def shot(index: int, cuts: Sequence[int], count: int) -> range:
    """Return the frames of the shot that a frame lies in.

    Args:
        index: of the frame.
        cuts: frames that begin a new shot, ascending.
        count: frames in all.
    """
    place = bisect_right(cuts, index)
    return range(cuts[place - 1] if place else 0, cuts[place] if place < len(cuts) else count)


def reaches(keys: Sequence[int], cuts: Sequence[int], count: int) -> tuple[Reach, ...]:
    """Return how far each key reaches: from the key before it to the one after, within its shot.

    So every frame between two keys of a shot is made twice, once from each.

    Args:
        keys: indices of the painted frames, ascending.
        cuts: frames that begin a new shot, ascending.
        count: frames in all.
    """
    return tuple(_reach(place, keys, shot(key, cuts, count)) for place, key in enumerate(keys))


def _reach(place: int, keys: Sequence[int], frames: range) -> Reach:
    before = keys[place - 1] if place else frames.start
    after = keys[place + 1] if place + 1 < len(keys) else frames[-1]
    return Reach(keys[place], max(before, frames.start), min(after, frames[-1]))
