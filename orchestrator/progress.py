"""How long work tells of itself. Silent by default; the command line shows it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

T = TypeVar("T")


class Task(Protocol):
    """One piece of long work under way."""

    def advance(self, done: int = 1, *, note: str = "") -> None:
        """Count `done` more units; `note` is a short live figure such as `loss 0.123`."""

    def reach(self, done: int, *, total: int | None = None, note: str = "") -> None:
        """Stand at `done` units; `total` may become known only on the way."""


class Progress(Protocol):
    """Where work reports to."""

    def task(self, label: str, *, total: int | None = None, unit: str = "") -> AbstractContextManager[Task]:
        """Open one task; it closes with the context."""

    def say(self, text: str) -> None:
        """Tell one line that stays."""


class _SilentTask:
    def advance(self, done: int = 1, *, note: str = "") -> None:
        pass

    def reach(self, done: int, *, total: int | None = None, note: str = "") -> None:
        pass


class Silent:
    """Report nothing."""

    def task(self, label: str, *, total: int | None = None, unit: str = "") -> AbstractContextManager[Task]:
        """Return a task that says nothing."""
        del label, total, unit
        return nullcontext(_SilentTask())

    def say(self, text: str) -> None:
        """Say nothing."""


def counted(items: Iterable[T], task: Task) -> Iterator[T]:
    """Yield the items, counting each as done when the next is asked for."""
    for item in items:
        yield item
        task.advance()
