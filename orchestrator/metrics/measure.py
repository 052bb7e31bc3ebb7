"""Measures two videos frame by frame, in one pass and constant memory."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from orchestrator.metrics.scorers import Panel, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.gathered import Row

    Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def measure(
    pairs: Iterable[Pair], panel: Panel, *, cuts: Collection[int] = (), done: int = 0
) -> Iterator[Row]:
    """Yield the figures of each frame, in order, as soon as they are known.

    Memory holds one batch, whatever the length. Write each row down as it comes: after an interruption,
    measuring goes on with `done` set to the number of rows that there are.

    Args:
        pairs: source and result of every frame from the first on, (H, W, 3) uint8 RGB, all of one size.
        panel: what to measure.
        cuts: indices of the frames that begin a new shot; no motion is measured across them.
        done: how many frames at the start are measured already; they are read, but not measured again.

    Raises:
        ImageError: the pictures of a pair differ in size or are too small.
    """
    remaining = islice(_steps(pairs, frozenset(cuts)), done, None)
    while batch := list(islice(remaining, panel.batch)):
        columns = {name: scorer(batch) for name, scorer in panel.scorers.items()}
        for position in range(len(batch)):
            yield {name: column[position] for name, column in columns.items()}


def _steps(pairs: Iterable[Pair], cuts: frozenset[int]) -> Iterator[Step]:
    before: Pair | None = None
    for index, (source, result) in enumerate(pairs):
        yield Step(source, result, None if index in cuts else before)
        before = (source, result)
