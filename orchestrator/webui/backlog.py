"""What waits to be done and what is under way, shared by the threads that do it."""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from statistics import median
from typing import Generic, TypeVar

W = TypeVar("W")
A = TypeVar("A")

_ATTEMPTS = 12  # by whichever server
_SAME = 4  # times in a row for the same reason: that is no accident
_SLOW = 4.0  # times the usual time, after which a server that is free does a job once more,
_LEAST_SLOW = 5.0  # but not before so many seconds: a busy machine is no slow server
_REMEMBERED = 32  # jobs that the usual time is taken from
_GLANCE = 0.5  # seconds between two looks at the clock while nothing happens


@dataclass(eq=False)
class Job(Generic[W, A]):
    """One piece of work.

    Attributes:
        number: its place in the order of answers.
        work: what is to be done.
        answer: what came of it.
        failures: why it went wrong, each time.
        began: when it was handed out last, by the monotonic clock.
        at: the servers that are at it.
    """

    number: int
    work: W
    answer: Future[A] = field(default_factory=Future)
    failures: list[str] = field(default_factory=list)
    began: float = 0.0
    at: set[str] = field(default_factory=set)

    @property
    def is_hopeless(self) -> bool:
        """Whether it went wrong too often."""
        last = self.failures[-_SAME:]
        return len(self.failures) >= _ATTEMPTS or (len(last) == _SAME and len(set(last)) == 1)

    def __lt__(self, other: Job[W, A]) -> bool:
        return self.number < other.number


class Backlog(Generic[W, A]):
    """Hands jobs out, the earliest first, and takes answers. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Job[W, A]] = []  # a heap
        self._under_way: list[Job[W, A]] = []
        self._usual: deque[float] = deque(maxlen=_REMEMBERED)  # seconds
        self._resting: set[str] = set()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing is handed out any more."""
        return self._is_closed

    def add(self, job: Job[W, A]) -> None:
        """Have something done."""
        with self._changed:
            heapq.heappush(self._waiting, job)
            self._changed.notify_all()

    def take(self, server: str) -> Job[W, A] | None:
        """Wait for work for a server, and return it; None when there will be no more.

        With nothing left that nobody is at, it is the job that all answers wait for, if another server has
        had it for far longer than usual.
        """
        with self._changed:
            while not self._is_closed:
                if server not in self._resting and (job := self._next(server)):
                    job.at.add(server)
                    return job
                self._changed.wait(_GLANCE)
            return None

    def settle(self, job: Job[W, A], answer: A) -> None:
        """Take an answer; the first one counts."""
        with self._changed:
            self._usual.append(time.monotonic() - job.began)
            if job in self._under_way:
                self._under_way.remove(job)
                job.answer.set_result(answer)

    def fail(self, job: Job[W, A], server: str, error: BaseException, *, is_final: bool = False) -> None:
        """Have a job done again, unless another server is at it too, or it failed too often."""
        with self._changed:
            job.at.discard(server)
            job.failures.append(str(error))
            if job not in self._under_way or job.at:
                return
            self._under_way.remove(job)
            if is_final or job.is_hopeless:
                job.answer.set_exception(error)
            else:
                heapq.heappush(self._waiting, job)
                self._changed.notify_all()

    def rest(self, server: str) -> None:
        """Give a server no more work."""
        with self._changed:
            self._resting.add(server)

    def resume(self, server: str) -> None:
        """Give a server work again."""
        with self._changed:
            self._resting.discard(server)
            self._changed.notify_all()

    def close(self) -> None:
        """Hand out nothing more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def is_closed_within(self, seconds: float) -> bool:
        """Wait; return at once when nothing is handed out any more, and tell whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_closed, seconds)

    def _next(self, server: str) -> Job[W, A] | None:
        if not self._waiting:
            return self._laggard(server)
        job = heapq.heappop(self._waiting)
        job.began = time.monotonic()
        self._under_way.append(job)
        return job

    def _laggard(self, server: str) -> Job[W, A] | None:
        first = min(self._under_way, default=None)
        if first is None or server in first.at or len(first.at) > 1 or not self._usual:
            return None
        patience = max(_LEAST_SLOW, _SLOW * median(self._usual))
        return first if time.monotonic() - first.began > patience else None
