"""What is measured at once: a few frames in a row, with what they have in common worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from orchestrator.metrics.motion import between

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.motion import Motion
    from orchestrator.metrics.region import Region

    Frame = NDArray[np.uint8]

T = TypeVar("T")
_REACH = 2  # how many frames back a metric may look


class Pair(NamedTuple):
    """One frame of a source and the same frame of its result, (H, W, 3) uint8 RGB of one size.

    Attributes:
        source: the frame of the source.
        result: the frame of the result.
        region: (H, W) bool: the pixels that count; None for all of them.
    """

    source: Frame
    result: Frame
    region: Region | None = None


@dataclass(frozen=True, eq=False)
class Step:
    """One pair to be measured.

    Attributes:
        now: the pair.
        before: the pairs right before it in the same shot, the nearest last; two at most.
    """

    now: Pair
    before: tuple[Pair, ...] = ()


def steps(pairs: Iterable[Pair], cuts: Collection[int] = ()) -> Iterator[Step]:
    """Yield a step for each pair; nothing is remembered across a cut or a change of size.

    Args:
        pairs: from the first frame on.
        cuts: indices of the frames that begin a new shot.
    """
    before: tuple[Pair, ...] = ()
    for index, pair in enumerate(pairs):
        if index in cuts or (before and before[-1].source.shape != pair.source.shape):
            before = ()
        yield Step(pair, before)
        before = (*before, pair)[-_REACH:]


class Batch:
    """Some steps of one size, to be measured by one thread; each thing that metrics share is made once."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self._made: dict[Hashable, Any] = {}

    @property
    def sources(self) -> list[Frame]:
        """The source's frames."""
        return [step.now.source for step in self.steps]

    @property
    def results(self) -> list[Frame]:
        """The result's frames."""
        return [step.now.result for step in self.steps]

    @property
    def regions(self) -> list[Region | None]:
        """Which pixels count in each."""
        return [step.now.region for step in self.steps]

    def each(self, work: Callable[[Sequence[Frame]], Sequence[T]], frames: Sequence[Frame]) -> list[T]:
        """Return what `work` makes of each frame; a frame is given to it once."""
        new = {id(frame): frame for frame in frames if (work, id(frame)) not in self._made}
        if new:
            for key, made in zip(new, work(list(new.values())), strict=True):
                self._made[work, key] = new[key], made  # held, so that no other frame gets its id
        return [self._made[work, id(frame)][1] for frame in frames]

    def motion(self, one: Frame, other: Frame) -> Motion:
        """Return how the source moves from one of its frames to another."""
        if (id(one), id(other)) not in self._made:
            there, back = between(one, other)
            self._made[id(one), id(other)], self._made[id(other), id(one)] = there, back
        found: Motion = self._made[id(one), id(other)]
        return found
