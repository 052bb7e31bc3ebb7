"""Painting a row of frames: they are made ready ahead of it, and finished behind it."""

from __future__ import annotations

from collections import deque
from contextlib import closing, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.stylization.engine import Paint
from orchestrator.stylization.lookahead import ahead, behind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.stylization.engine import Engine, Look, Painted
    from orchestrator.stylization.steps import Step

    Looks = Callable[[int], Look]
    Finish = Callable[[Step, Painted], None]

_DEPTH = 4  # frames held in memory before the painting, and as many behind it


def paint(
    engine: Engine,
    todo: Generator[Step, None, None],
    looks: Looks,
    finish: Finish,
    *,
    wanted: Collection[int],
    previous: Callable[[int], NDArray[np.uint8]],
) -> None:
    """Paint frames and have each finished.

    While frames are painted, the next are made ready in one thread, and those painted are finished in
    another. An engine that looks back gets the next frame only when the last is finished.

    Args:
        engine: what paints.
        todo: the frames, in the order of time.
        looks: how to paint the frame of an index.
        finish: finishes one; called in the order of time, by one thread at a time.
        wanted: indices of those to finish; others are painted for the sake of their batch alone.
        previous: hands out a finished frame at the work size, for an engine that looks back.

    Raises:
        OrchestrateError: of the engine, the source or the disk; finished frames stay.
    """
    depth = max(_DEPTH, engine.batch)
    writing = nullcontext(_at_once) if engine.looks_back else behind(depth=depth)
    with closing(ahead(todo, depth=depth)) as ready, writing as later:
        for step, painted in _painted(engine, ready, looks, previous):
            if step.index in wanted:
                later(partial(finish, step, painted))


def _painted(
    engine: Engine, ready: Iterable[Step], looks: Looks, previous: Callable[[int], NDArray[np.uint8]]
) -> Iterator[tuple[Step, Painted]]:
    taken: deque[Step] = deque()

    def paints() -> Iterator[Paint]:
        for step in ready:
            taken.append(step)
            before = previous(step.before) if engine.looks_back and step.before is not None else None
            yield Paint(step.init, looks(step.index), before)

    with closing(engine.paint(paints())) as answers:
        for painted in answers:
            yield taken.popleft(), painted


def _at_once(work: Callable[[], None]) -> None:
    work()
