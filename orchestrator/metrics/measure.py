"""Measures two videos frame by frame, in one pass and constant memory."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from orchestrator.metrics.steps import Batch, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from orchestrator.metrics.feature_cosine import Vector
    from orchestrator.metrics.gathered import Row
    from orchestrator.metrics.panel import Panel
    from orchestrator.metrics.steps import Pair, Step
    from orchestrator.metrics.table import MetricName

    Measured = tuple[list[Row], Mapping[MetricName, Sequence[Vector]]]

T = TypeVar("T")
_MOST_FRAMES = 16  # of a batch, be they ever so small: its figures come only when its last frame is there


def measure(
    pairs: Iterable[Pair], panel: Panel, *, cuts: Collection[int] = (), done: int = 0
) -> Iterator[Row]:
    """Yield the figures of each frame, in order.

    Frames are read a few batches ahead of the figures and no further, whatever the length. Write each row
    down as it comes: after an interruption, measuring goes on with `done` set to the number of rows.
    What the panel's `sets` gather is complete when this ends.

    Args:
        pairs: source and result of every frame from the first on.
        panel: what to measure.
        cuts: indices of the frames that begin a new shot; no motion is measured across them.
        done: how many frames at the start are measured already; they are read, but looked at only by metrics
            of whole sets.

    Raises:
        ImageError: the pictures of a pair differ in size or are too small.
    """
    upcoming = steps(pairs, frozenset(cuts))
    old = (partial(_gathered, panel, batch) for batch in _batches(islice(upcoming, done), panel.pixels))
    new = (partial(_measured, panel, batch) for batch in _batches(upcoming, panel.pixels))
    for rows, vectors in _in_order(chain(old, new), panel.workers):
        for name, each in vectors.items():
            for vector in each:
                panel.sets[name].kid.add(vector)
        yield from rows


def _gathered(panel: Panel, batch: Batch) -> Measured:
    return [], {name: scorer.vectors(batch) for name, scorer in panel.sets.items()}


def _measured(panel: Panel, batch: Batch) -> Measured:
    columns = {name: scorer(batch) for name, scorer in panel.scorers.items()}
    none: Row = dict.fromkeys(panel.sets)
    rows: list[Row] = [
        {**{name: column[place] for name, column in columns.items()}, **none}
        for place in range(len(batch.steps))
    ]
    return rows, _gathered(panel, batch)[1]


def _batches(upcoming: Iterator[Step], pixels: int) -> Iterator[Batch]:
    """Group steps of one size, as many as have no more than so many pixels: at least one, 16 at most."""
    group: list[Step] = []
    for step in upcoming:
        if group and (
            step.now.source.shape != group[0].now.source.shape
            or len(group) == _MOST_FRAMES
            or (len(group) + 1) * step.now.source[..., 0].size > pixels
        ):
            yield Batch(group)
            group = []
        group.append(step)
    if group:
        yield Batch(group)


def _in_order(jobs: Iterator[Callable[[], T]], workers: int) -> Iterator[T]:
    """Yield what jobs return, in order, each as soon as it is there; a few are done side by side, two wait.

    One waits behind those under way, so that no worker is idle when a later job ends before an earlier one.
    The next job is asked for in a thread: it may be long in coming, while frames are still being painted.
    """
    if workers == 1:
        yield from (job() for job in jobs)
        return
    # each worker measures other frames, so PyTorch need not split one frame's work among cores
    measuring = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))
    with ThreadPoolExecutor(1) as reading, measuring as pool:
        under_way: deque[Future[T]] = deque()
        coming = reading.submit(next, jobs, None)
        more = True
        while more or under_way:
            wanted: list[Future[Any]] = [coming] if more and len(under_way) <= workers else []
            wait([*wanted, *islice(under_way, 1)], return_when=FIRST_COMPLETED)
            if under_way and under_way[0].done():
                yield under_way.popleft().result()
            elif (job := coming.result()) is None:
                more = False
            else:
                under_way.append(pool.submit(job))
                coming = reading.submit(next, jobs, None)
