from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.dataset.select.candidate import Candidate

T = TypeVar("T")


def spread(candidates: Sequence[Candidate], count: int, /) -> list[Candidate]:
    """Take `count`, spread over the shots and evenly over the time of each.

    Every shot gives one before any gives two, and long shots give more. Where there are more shots
    than pictures wanted, the longest are served.
    """
    shots = [list(group) for _, group in groupby(candidates, key=lambda each: each.shot)]
    quotas = shares([len(shot) for shot in shots], count)
    return [each for shot, quota in zip(shots, quotas, strict=True) for each in evenly(shot, quota)]


def shares(sizes: Sequence[int], count: int) -> list[int]:
    """Divide `count` places among groups by size, none getting more than its size.

    Adams' method of apportionment: the next place goes to the group with most members per place held,
    and one that holds none comes first.
    """
    held = [0] * len(sizes)
    for _ in range(min(count, sum(sizes))):
        needy = max(
            (group for group in range(len(sizes)) if held[group] < sizes[group]),
            key=lambda group: (held[group] == 0, sizes[group] / max(held[group], 1)),
        )
        held[needy] += 1
    return held


def evenly(items: Sequence[T], count: int) -> list[T]:
    """Return `count` of the items (all, if fewer), each from the middle of an equal part."""
    taken = min(count, len(items))
    return [items[(2 * part + 1) * len(items) // (2 * taken)] for part in range(taken)]
