"""Requests on their way to one WebUI: none starts while it is not known what became of another."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Line:
    """The line before one WebUI, for all threads that paint with it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._doubts = 0

    def wait(self) -> None:
        """Wait until nothing is in doubt."""
        with self._changed:
            self._changed.wait_for(lambda: self._doubts == 0)

    @contextmanager
    def doubt(self) -> Iterator[None]:
        """Let nobody start; who has started already is not touched."""
        self._count(+1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._doubts += change
            self._changed.notify_all()
