"""A WebUI that is started here: watched while it paints, and started anew when it fails."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil

from orchestrator.errors import PortTaken, WebUICrashed, WebUIUnreachable
from orchestrator.process import Program, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from typing_extensions import Self

    from orchestrator.process import Child
    from orchestrator.webui.settings import WebUISettings

    Start = Callable[[str], AbstractContextManager[tuple[Child, str]]]

_LAST_LINES = 5
_DYING_SECONDS = 1.0  # a connection may drop a moment before its process is gone
_PERIOD = 0.5  # seconds between two looks
_GIB = 2**30


@contextmanager
def commanded(settings: WebUISettings, log: Path) -> Iterator[tuple[Child, str]]:
    """Run the settings' command for as long as the context lasts; yield it and the WebUI's address.

    Raises:
        PortTaken: somebody else listens at that address, and would be taken for it.
    """
    assert settings.command is not None
    check_nobody_listens(settings.url)
    with running(Program(settings.command, Path.cwd()), log=log) as child:
        yield child, settings.url


def check_nobody_listens(url: str) -> None:
    """Raise PortTaken when a connection to an address can be made."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_DYING_SECONDS).close()
    except OSError:
        return
    raise PortTaken(
        f"something listens at {url} already, before webui.command was started",
        where="webui.command",
        remedy="End it, or leave the command out to use what runs there.",
    )


class Supervised:
    """The program of a WebUI, through all its restarts.

    Args:
        start: runs it; is given the address that it had before, or an empty one, and yields the address that
            it has.
        restarts: how often it is started anew without a finished frame between.
        log: where its output goes.
    """

    def __init__(self, start: Start, *, restarts: int, log: Path) -> None:
        self.url = ""
        self._start = start
        self._allowed = restarts
        self._log = log
        self._restarts = 0  # since a frame was finished
        self._reason = ""  # why it was ended here
        self._running = ExitStack()
        self._child: Child | None = None

    def __enter__(self) -> Self:
        self._run()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def pid(self) -> int | None:
        """The process that all of it descends from; None when it has ended."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def frame_finished(self) -> None:
        """Take note that it does what it is for."""
        self._restarts = 0

    def end(self, reason: str) -> None:
        """End it, for a reason that is told if it is for good."""
        self._reason = reason
        if self._child is not None:
            self._child.stop()

    def ensure_running(self) -> None:
        """Start it anew if it has ended.

        Raises:
            WebUICrashed: it has ended too often since a frame was finished.
        """
        if not self._is_dying():
            return
        if self._restarts >= self._allowed:
            raise WebUICrashed(self._last_words(), where=str(self._log), remedy=_REMEDY)
        self._restarts += 1
        self._running.close()
        self._run()

    def check_alive(self) -> None:
        """Raise WebUIUnreachable with its last words if it has ended."""
        if self.pid is None:
            raise WebUIUnreachable(self._last_words(), where=str(self._log), remedy=_REMEDY)

    def _run(self) -> None:
        self._reason = ""
        self._child, self.url = self._running.enter_context(self._start(self.url))

    def _is_dying(self) -> bool:
        deadline = time.monotonic() + _DYING_SECONDS
        while self.pid is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.pid is None

    def _last_words(self) -> str:
        assert self._child is not None
        why = f" ({self._reason})" if self._reason else ""
        return f"the WebUI stopped{why}, {last_words(self._child)}"


_REMEDY = "Its whole output stands in that file; webui.ready_timeout bounds its start."


def last_words(child: Child) -> str:
    """Return a program's exit code and the end of its output."""
    lines = " | ".join(child.tail[-_LAST_LINES:]) or "no output"
    return f"exit code {child.wait()}: {lines}"


@contextmanager
def watched(program: Supervised, settings: WebUISettings, idle_for: Callable[[], float]) -> Iterator[None]:
    """End the program when it hangs or holds too much memory; it is started anew by whoever needs it.

    Args:
        program: what is watched.
        settings: what it may do.
        idle_for: tells for how many seconds it has had work, and none of it went on.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_PERIOD):
            if reason := _complaint(program, settings, idle_for):
                program.end(reason)

    thread = threading.Thread(target=watch, name="watch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _complaint(program: Supervised, settings: WebUISettings, idle_for: Callable[[], float]) -> str:
    if (pid := program.pid) is None:
        return ""
    if idle_for() > settings.hang_timeout:
        return f"it did not get on for {settings.hang_timeout:g} s"
    limit = settings.memory_limit
    if limit is not None and (held := memory(pid) / _GIB) > limit:
        return f"it held {held:.1f} GiB, more than webui.memory_limit allows"
    return ""


def memory(pid: int) -> int:
    """Return the resident memory of a process and all that descends from it, bytes; 0 when it is gone."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(_resident(each) for each in family)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
