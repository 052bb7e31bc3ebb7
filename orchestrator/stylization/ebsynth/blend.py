"""How much of each key's version of a frame the result shows."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.stylization.ebsynth.ranges import Reach

Share = tuple[int, float]


def shares(index: int, reaches: Sequence[Reach], frames: range) -> tuple[Share, ...]:
    """Return the keys whose versions of a frame are shown, and their weights, which add up to 1.

    A key is shown as it is. Between two keys of one shot their versions fade into each other, evenly over the
    frames that both have; where one of them lacks the frame, the other stands alone. Nothing fades across a
    cut: a key of the frame's own shot is taken alone, and one of another shot only where there is none.

    Args:
        index: of the frame.
        reaches: of all keys, ascending.
        frames: of the shot that the frame lies in.

    Returns:
        One or two keys; none if neither neighbour has the frame.
    """
    place = bisect_right([reach.key for reach in reaches], index)
    near = [reach for reach in reaches[max(place - 1, 0) : place + 1] if reach.first <= index <= reach.last]
    if any(reach.key == index for reach in near):
        return ((index, 1.0),)
    near = [reach for reach in near if reach.key in frames] or near[:1]
    return _faded(index, *near) if len(near) > 1 else tuple((reach.key, 1.0) for reach in near)


def _faded(index: int, before: Reach, after: Reach) -> tuple[Share, ...]:
    begin, end = max(after.first, before.key), min(before.last, after.key)
    weight = (index - begin) / (end - begin) if begin < end else 0.5
    both = ((before.key, 1 - weight), (after.key, weight))
    return tuple(share for share in both if share[1])
