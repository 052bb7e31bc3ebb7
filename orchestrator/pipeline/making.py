"""Making stages: one after the other, and beside each those that can follow it."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

    from orchestrator.pipeline.stage import Made, Stage
    from orchestrator.pipeline.store import Store
    from orchestrator.progress import Progress

A = TypeVar("A")
_MOST_BESIDE = 64  # threads, and each is a stage of the graph
_NICE = 5  # gives way where both want a processor, and still gets on


class Making:
    """The stages that a run has begun. Leaving the context stops those that follow, and waits for their end.

    Args:
        store: where they are made.
        finished: hands out the artifacts of finished stages.
        progress: is told by all of them, from several threads.
    """

    def __init__(self, store: Store, finished: Made, progress: Progress) -> None:
        self._store = store
        self._finished = finished
        self._progress = progress
        self._begun: dict[str, Future[None]] = {}
        self._stopped = threading.Event()
        self._beside = ThreadPoolExecutor(_MOST_BESIDE, "beside", initializer=_give_way)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._beside.shutdown(cancel_futures=True)

    def make(self, stage: Stage[Any], later: Sequence[Stage[Any]]) -> None:
        """Make a stage whose inputs are finished, or wait for its end if it was begun beside another.

        Args:
            stage: what to make.
            later: what will be made after it, in order; what can follow is begun now.
        """
        if stage.key in self._begun:
            self._begun[stage.key].result()
        else:
            self._lead(stage, later)
        stage.load(self._store.folder(stage))
        self._store.commit(stage)

    def _lead(self, stage: Stage[Any], later: Sequence[Stage[Any]]) -> None:
        ended = self._begun[stage.key] = Future()
        for each in later:
            if self._can_follow(each):
                self._begun[each.key] = self._beside.submit(self._follow, each)
        self._build(stage, self._finished)
        ended.set_result(None)

    def _can_follow(self, stage: Stage[Any]) -> bool:
        missing = [each for each in stage.inputs if not self._store.finished(each)]
        return stage.follows and bool(missing) and all(map(self._comes_bit_by_bit, missing))

    def _comes_bit_by_bit(self, stage: Stage[Any]) -> bool:
        return stage.under_way is not None and stage.key in self._begun

    def _follow(self, stage: Stage[Any]) -> None:
        try:
            self._build(stage, self._under_way)
        except Exception as error:
            if not self._stopped.is_set():
                self._progress.say(f"stage {stage.name} has failed, and the others go on: {error}")
            raise

    def _build(self, stage: Stage[Any], made: Made) -> None:
        stage.build(self._store.open(stage), made, self._progress)

    def _under_way(self, stage: Stage[A]) -> A:
        # also when it has ended meanwhile: this way a follower learns that it shall stop
        if stage.under_way is None or stage.key not in self._begun:
            return self._finished(stage)
        return stage.under_way(self._store.folder(stage), partial(self._ended, self._begun[stage.key]))

    def _ended(self, making: Future[None]) -> bool:
        if self._stopped.is_set():
            raise CancelledError  # nobody waits for the follower any more
        return making.done()


def _give_way() -> None:
    """Lower this thread's priority, and that of all that it starts; only Linux has one for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
