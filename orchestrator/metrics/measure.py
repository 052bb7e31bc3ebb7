"""Measures two videos frame by frame, in one pass and constant memory."""

from __future__ import annotations

from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING

from orchestrator.artifacts import Measurements
from orchestrator.metrics.scorers import Panel, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]

Row = dict[str, float | None]
"""One frame's figures by metric; None where a metric has no meaning, as motion has at a cut."""


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


def gathered(rows: Sequence[Row]) -> Measurements:
    """Turn the rows of all frames into figures per metric with their means.

    A metric that has no figure on any frame has no mean.
    """
    names = rows[0] if rows else ()
    frames = {name: tuple(row[name] for row in rows) for name in names}
    known = {name: [value for value in column if value is not None] for name, column in frames.items()}
    return Measurements(frames, {name: fmean(values) for name, values in known.items() if values})


def _steps(pairs: Iterable[Pair], cuts: frozenset[int]) -> Iterator[Step]:
    before: Pair | None = None
    for index, (source, result) in enumerate(pairs):
        yield Step(source, result, None if index in cuts else before)
        before = (source, result)
