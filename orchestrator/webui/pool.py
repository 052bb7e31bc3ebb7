"""Work handed to whoever is free: several servers, each with some requests under way, answers in order.

A server that fails loses its work to the others, and gets none until it is well again. Nothing here knows
what the work is.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future, wait
from itertools import count
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from orchestrator.errors import OrchestrateError, WebUIUnreachable
from orchestrator.webui.asked_again import PASSING
from orchestrator.webui.backlog import Backlog, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

W = TypeVar("W")
A = TypeVar("A")
W_contra = TypeVar("W_contra", contravariant=True)
A_co = TypeVar("A_co", covariant=True)

_FAILURES = 3  # in a row, after which a server is looked at before it gets more
_CERTAIN = 4  # looks that found the same fault, and none that could pass: then it is for good
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0  # seconds between two looks at a server that is not well
_GLANCE = 0.5  # seconds between two looks at the servers while an answer is waited for


class Place(Protocol):
    """Where work is done."""

    @property
    def name(self) -> str:
        """Its address, which no other has."""

    @property
    def in_flight(self) -> int:
        """How many pieces of work it is given at a time."""

    @property
    def patience(self) -> float:
        """Seconds that it is waited for when no other one is left."""


class Worker(Protocol[W_contra, A_co]):
    """One server; its methods are called from as many threads as it takes pieces of work at a time."""

    @property
    def server(self) -> Place:
        """Which."""

    def work(self, work: W_contra) -> A_co:
        """Do one piece of work. Raises an OrchestrateError when it cannot, or the answer is wrong."""

    def recover(self) -> None:
        """Make sure that the server is well, after a failure.

        Raises:
            WebUIUnreachable, WebUIFailed, WebUINonsense: it is not, or not yet.
            OrchestrateError: it is not, and if it stays so it must not be used any more.
        """


def done(
    jobs: Iterable[W],
    workers: Sequence[Worker[W, A]],
    tell: Callable[[str], None],
    *,
    in_turn: bool = False,
) -> Generator[A, None, None]:
    """Yield what comes of each job, in their order.

    A bounded number of jobs is taken ahead of the answers, in the thread that iterates. When the iteration
    ends, by whatever cause, nothing more is handed out, and what is under way is not waited for.

    Args:
        jobs: what is to be done.
        workers: who does it.
        tell: is told in a line when a server is lost or comes back; called from any thread.
        in_turn: take a job only when the answer to the one before is used, since it depends on that.

    Raises:
        OrchestrateError: a job failed again and again, or no server is left.
    """
    backlog: Backlog[W, A] = Backlog()
    nurses = [_Nurse(worker, backlog, tell) for worker in workers]
    # those under way, one waiting for each server, and one more for each that lags behind the others
    window = 1 if in_turn else sum(worker.server.in_flight for worker in workers) + 2 * len(workers)
    try:
        for nurse in nurses:
            nurse.start()
        for answer in _ahead(jobs, backlog, window):
            yield _awaited(answer, nurses)
    finally:
        backlog.close()


def _ahead(jobs: Iterable[W], backlog: Backlog[W, A], window: int) -> Iterator[Future[A]]:
    """Yield the answer to come of each job; at most `window` jobs are begun and not yielded."""
    numbers, waiting = count(), deque[Future[A]]()
    try:
        for work in jobs:
            job: Job[W, A] = Job(next(numbers), work)
            backlog.add(job)
            waiting.append(job.answer)
            while waiting and (len(waiting) == window or waiting[0].done()):
                yield waiting.popleft()
    except OrchestrateError:  # of the jobs' source: what was begun is worth having
        yield from waiting
        raise
    yield from waiting


def _awaited(answer: Future[A], nurses: Sequence[_Nurse[W, A]]) -> A:
    while not wait([answer], _GLANCE).done:
        if all(nurse.has_given_up for nurse in nurses):
            raise next(nurse.fault for nurse in reversed(nurses) if nurse.fault)
    return answer.result()


class _Nurse(Generic[W, A]):
    """Has one server do work, and looks after it when it fails."""

    def __init__(self, worker: Worker[W, A], backlog: Backlog[W, A], tell: Callable[[str], None]) -> None:
        self.fault: OrchestrateError | None = None
        self._worker = worker
        self._backlog = backlog
        self._tell = tell
        self._failures = 0  # in a row
        self._same = 0  # of the looks in a row, those that found the same fault
        self._visits = 0
        self._at_the_bed = threading.Lock()
        self._given_up_at: float | None = None  # None while it is well

    @property
    def has_given_up(self) -> bool:
        """Whether the server is not well, and has not been for so long that nobody should wait for it."""
        return self._given_up_at is not None and time.monotonic() >= self._given_up_at

    def start(self) -> None:
        """Begin to work."""
        for number in range(self._worker.server.in_flight):
            name = f"{self._worker.server.name} {number}"
            # a request that is under way cannot be taken back, and must not keep the program from ending
            threading.Thread(target=self._serve, name=name, daemon=True).start()

    def _serve(self) -> None:
        while job := self._backlog.take(self._worker.server.name):
            visits = self._visits
            try:
                answer = self._worker.work(job.work)
            except OrchestrateError as error:
                self._failures += 1
                self._backlog.fail(job, self._worker.server.name, error)
                if isinstance(error, WebUIUnreachable) or self._failures >= _FAILURES:
                    self._visit(error, visits)
            except BaseException as error:  # noqa: BLE001 - whoever waits for the answer must hear of it
                self._backlog.fail(job, self._worker.server.name, error, is_final=True)
            else:
                self._failures = 0
                self._backlog.settle(job, answer)

    def _visit(self, error: OrchestrateError, visits: int) -> None:
        """Keep work away from the server until it is well; one thread sees to it, the others wait."""
        with self._at_the_bed:
            if self._visits != visits:
                return  # whoever was here meanwhile has found it well, or given it up
            self._backlog.rest(self._worker.server.name)
            self._given_up_at = time.monotonic() + self._worker.server.patience
            self._say(f"{error.what}; it gets no work until it is well")
            self.fault = error
            pause = 0.0
            while not self._backlog.is_closed_within(pause) and not self._is_settled():
                pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            self._visits += 1

    def _is_settled(self) -> bool:
        """Look at the server; return whether there is no need to look again: it is well, or useless."""
        try:
            self._worker.recover()
        except OrchestrateError as fault:
            self._same = self._same + 1 if str(fault) == str(self.fault) else 1
            self.fault = fault
            if isinstance(fault, PASSING) or self._same < _CERTAIN:
                return False
            self._given_up_at = time.monotonic()
            self._say(f"{fault.what}; it gets no more work")
            return True
        self._failures, self._given_up_at = 0, None
        self._backlog.resume(self._worker.server.name)
        self._say("it is well again")
        return True

    def _say(self, text: str) -> None:
        if not self._backlog.is_closed:
            self._tell(f"{self._worker.server.name}: {text}")
