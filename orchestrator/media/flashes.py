"""Frames that a flash of light, or a blink of darkness, lies over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.media.change import REACH
from orchestrator.media.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.media.change import Change

_LIGHT = 15.0  # by which the mean luma must jump, from 0 to 255
_BACK = 0.5  # of the jump, below which the picture counts as the one from before


def flashes(changes: Sequence[Change], jumps: Sequence[int]) -> tuple[Span, ...]:
    """Return where the picture jumps to another brightness, and soon is again what it was before.

    Such a jump begins no new shot. After `change.REACH - 1` frames at most the picture must be back.

    Args:
        changes: of all frames.
        jumps: indices of the frames that differ strongly from the one before, ascending.
    """
    return tuple(_spans(changes, jumps))


def _spans(changes: Sequence[Change], jumps: Sequence[int]) -> Iterator[Span]:
    done = 0
    for start in jumps:
        if start < done or not _lit(changes, start):
            continue
        stop = _back(changes, start)
        if stop is not None:
            done = stop + 1
            yield Span(start, stop)


def _lit(changes: Sequence[Change], start: int) -> bool:
    return abs(changes[start].level - changes[start - 1].level) >= _LIGHT


def _back(changes: Sequence[Change], start: int) -> int | None:
    """Return the first frame after `start` that looks as the one before `start` did."""
    after = range(start + 1, min(start + REACH, len(changes)))
    limit = _BACK * changes[start].step
    return next((index for index in after if changes[index].apart[index - start] < limit), None)
