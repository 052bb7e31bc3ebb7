"""Picks the frames worth looking at."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.report.data import Better


def standouts(
    values: Sequence[float | None], better: Better, count: int = 4
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the indices of the worst and of the best frames, the most extreme first.

    Neighbours look alike: two picks of one kind are at least a sixteenth of the clip apart, so that a
    short clip gives fewer than `count`. Of equal figures the earlier frame is picked.
    """
    known = [(value, index) for index, value in enumerate(values) if value is not None]
    apart = max(1, len(values) // 16)
    rising = [index for _, index in sorted(known)]
    falling = [index for _, index in sorted(known, key=lambda each: (-each[0], each[1]))]
    low, high = _spread(rising, apart, count), _spread(falling, apart, count)
    return (high, low) if better == "lower" else (low, high)


def _spread(ranked: Sequence[int], apart: int, count: int) -> tuple[int, ...]:
    picked: list[int] = []
    for index in ranked:
        if len(picked) < count and all(abs(index - other) >= apart for other in picked):
            picked.append(index)
    return tuple(picked)
