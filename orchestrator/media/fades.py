"""Where the picture fades to one plain colour, and from it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

from orchestrator.media.span import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.media.change import Change

_BLANK = 5.0  # below this standard deviation of luma, of 255, a picture shows nothing
_GENTLE = 3  # frames that a fade takes at least; what is faster is a cut
_RISE = 0.3  # by which luma's deviation grows from frame to frame within a fade


@dataclass(frozen=True)
class Fade:
    """A stretch of blank frames that is faded to, or from, or both.

    Attributes:
        blank: the frames that show nothing.
        fading: those, and the ones that fade.
        out: whether the picture before fades out.
        into: whether the picture after fades in.
    """

    blank: Span
    fading: Span
    out: bool
    into: bool

    @property
    def boundary(self) -> int:
        """The frame that begins what comes after: the blank's middle, or the end that does not fade."""
        if self.out and self.into:
            return sum(self.blank) // 2
        return self.blank.stop if self.out else self.blank.start


def fades(changes: Sequence[Change]) -> Iterator[Fade]:
    """Yield the fades, in order of time.

    Args:
        changes: of all frames.
    """
    for blank in _blanks(changes):
        before = _ramp(each.spread for each in reversed(changes[: blank.start]))
        after = _ramp(each.spread for each in changes[blank.stop :])
        out, into = before >= _GENTLE, after >= _GENTLE
        if out or into:
            fading = Span(blank.start - before * out, blank.stop + after * into)
            yield Fade(blank, fading, out, into)


def _blanks(changes: Sequence[Change]) -> Iterator[Span]:
    for blank, group in groupby(range(len(changes)), key=lambda index: changes[index].spread < _BLANK):
        indices = list(group)
        if blank:
            yield Span(indices[0], indices[-1] + 1)


def _ramp(spreads: Iterable[float]) -> int:
    """Return over how many frames, counted from the blank, the picture becomes steadily stronger."""
    reached = _BLANK

    def rises(spread: float) -> bool:
        nonlocal reached
        grown, reached = spread - reached, spread
        return grown > _RISE

    return sum(1 for _ in takewhile(rises, spreads))
