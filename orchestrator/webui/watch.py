"""Looking at a WebUI while it paints: does it get on, and has somebody interrupted it?

`progress` tells of the current job alone, and the next job's beginning wipes out what it told of the one
before. So it is asked all the while when the next request is already waiting.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from orchestrator.errors import EffectMissing, WebUIError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from orchestrator.webui.client import Client
    from orchestrator.webui.wire import State

_PERIOD = 0.1  # seconds; shorter than decoding a picture takes, during which an interruption can be seen


class Watch:
    """Asks one WebUI for its progress as long as anything is under way there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._changed = threading.Condition()
        self._under_way = 0
        self._is_over = False
        self._interrupted_at = float("-inf")
        self._moved_at = 0.0
        self._seen: tuple[float, State] | None = None
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    @contextmanager
    def painting(self) -> Iterator[None]:
        """Say that a request is under way, until it is answered.

        Raises:
            EffectMissing: it was interrupted, so that its picture may be a partial one. While other requests
                wait behind it, it may also have been one of them.
            WebUIError: the WebUI does not tell.
        """
        began = time.monotonic()
        with self._counted():
            yield
            is_interrupted = self._look() if self._under_way == 1 else self._interrupted_at >= began
        if is_interrupted:
            raise EffectMissing(
                "the WebUI was interrupted while it painted: expected a finished picture, got a partial one",
                where=self._client.url,
                remedy="Run the same command again: what is finished is kept.",
            )

    def idle_for(self) -> float:
        """Return for how many seconds requests have been under way, and none of them went on."""
        with self._changed:
            return time.monotonic() - self._moved_at if self._under_way else 0.0

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._count(+1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._under_way += change
            self._moved_at = time.monotonic()
            self._changed.notify_all()

    def _look(self) -> bool:
        """Ask once, and tell whether it is interrupted. Raises WebUIError."""
        told = self._client.progress()
        is_interrupted = told.state.interrupted or told.state.skipped
        with self._changed:
            if is_interrupted:
                self._interrupted_at = time.monotonic()
            if (told.progress, told.state) != self._seen:
                self._seen, self._moved_at = (told.progress, told.state), time.monotonic()
        return is_interrupted

    def _watch(self) -> None:
        while self._is_wanted():
            with suppress(WebUIError):  # whoever waits for the picture is told
                self._look()

    def _is_wanted(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._is_over, _PERIOD)
            self._changed.wait_for(lambda: self._is_over or self._under_way > 0)
            return not self._is_over
