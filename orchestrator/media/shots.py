"""Where one shot ends and the next begins, and how."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import chain, pairwise, repeat
from typing import TYPE_CHECKING, Literal

from orchestrator.media.change import changes
from orchestrator.media.fades import fades
from orchestrator.media.flashes import flashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.fades import Fade
    from orchestrator.media.span import Span

Transition = Literal["start", "cut", "fade"]

_RATIO = 3.0  # how many times more than around it must change
_FLOOR = 15.0  # and how much at least, from 0 to 255
_WINDOW = 2  # frames on either side that it is compared with


@dataclass(frozen=True)
class Shot:
    """One shot: frames `start` to `stop - 1`, and how it begins."""

    start: int
    stop: int
    opening: Transition


@dataclass(frozen=True)
class Shots:
    """How a video is put together.

    Attributes:
        shots: one after the other, of all frames.
        fades: frames that fade to a blank picture or from it, with the blank ones.
        flashes: a few frames each that a flash lies over; they end no shot.
    """

    shots: tuple[Shot, ...]
    fades: tuple[Span, ...]
    flashes: tuple[Span, ...]

    @property
    def cuts(self) -> tuple[int, ...]:
        """The indices of the frames that begin a new shot; 0 is not among them."""
        return tuple(shot.start for shot in self.shots[1:])


def find(frames: Iterable[NDArray[np.uint8]]) -> Shots:
    """Return the shots of a video. A few figures for each frame and five small frames are kept.

    Args:
        frames: (H, W, 3) uint8 RGB, in order.
    """
    seen = list(changes(frames))
    jumps = [index for index, each in enumerate(seen) if each.step >= _FLOOR]
    lit, faded = flashes(seen, jumps), list(fades(seen))
    openings: dict[int, Transition] = dict.fromkeys(_cuts([each.step for each in seen], lit, faded), "cut")
    openings |= {each.boundary: _kind(each) for each in faded if 0 < each.boundary < len(seen)}
    starts = [0, *sorted(openings), len(seen)] if seen else []
    return Shots(
        shots=tuple(Shot(start, stop, openings.get(start, "start")) for start, stop in pairwise(starts)),
        fades=tuple(each.fading for each in faded),
        flashes=lit,
    )


def cuts(frames: Iterable[NDArray[np.uint8]]) -> tuple[int, ...]:
    """Return the indices of the frames that begin a new shot; 0 is not among them. As `find`."""
    return find(frames).cuts


def _kind(fade: Fade) -> Transition:
    return "fade" if fade.out and fade.into else "cut"


def _cuts(steps: Sequence[float], lit: Iterable[Span], faded: Iterable[Fade]) -> Iterator[int]:
    """Yield where a new picture stands at once.

    The adaptive content detector of PySceneDetect (Castellano, `detect-adaptive`): the mean change of hue,
    saturation and value between two frames marks a cut where it is 15 at least and 3 times its mean over the
    two frames before and after, so that fast motion is no cut. Shots of any length are told apart. Left out
    is what a flash or a fade explains.
    """
    explained = {index for span in lit for index in range(span.start, span.stop + 1)}
    explained |= {index for fade in faded for index in range(*fade.fading)}
    # beyond both ends nothing changes, so that cuts near them are seen too
    edges = [0.0] * _WINDOW
    window: deque[float] = deque(edges, maxlen=2 * _WINDOW + 1)
    for position, score in enumerate(chain(steps, repeat(0.0, _WINDOW))):
        window.append(score)
        index = position - _WINDOW
        if index > 0 and index not in explained and _is_cut(window):
            yield index


def _is_cut(window: deque[float]) -> bool:
    score = window[_WINDOW]
    around = (sum(window) - score) / (2 * _WINDOW)
    return score >= _FLOOR and score >= _RATIO * around
