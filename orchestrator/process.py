"""Running other programs: an argument list in, live text out, and never an orphan."""

from __future__ import annotations

import codecs
import os
import re
import subprocess
import sys
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

from orchestrator.files import storage_errors

TAIL_LINES = 40
_STOP_SECONDS = 15.0  # the guard's own grace, and then some
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Program:
    """What to run.

    Attributes:
        argv: the program and its arguments; never a shell string.
        cwd: the folder it runs in.
        env: variables set beside those inherited.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A program under way. Its output is always read, whether or not anybody listens."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        self._pieces: SimpleQueue[str | None] = SimpleQueue()
        self._listened = True
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._fault: OSError | None = None
        self._pump = threading.Thread(target=self._read, daemon=True)
        self._pump.start()

    def lines(self) -> Iterator[str]:
        """Yield its output, stdout and stderr in order of arrival, until it ends.

        Pieces end at a carriage return or a newline, so that a progress bar's every redraw is one piece;
        empty pieces are left out. Once the iteration is left early, later output goes to the log alone.

        Raises:
            NotWritable, DiskFull: the log cannot be written.
        """
        try:
            while (piece := self._pieces.get()) is not None:
                yield piece
            self.wait()
        finally:
            self._listened = False

    @property
    def pid(self) -> int:
        """Its guard's process; the program and all it started descend from that."""
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Wait for its end and return the exit code. Raises as `lines`."""
        self._pump.join()
        if self._fault is not None:
            with storage_errors(self._log):
                raise self._fault
        return self._process.wait()

    @property
    def returncode(self) -> int:
        """The exit code; it is an error to ask while it runs."""
        code = self._process.poll()
        assert code is not None, "the program still runs"
        return code

    @property
    def tail(self) -> list[str]:
        """The last pieces of its output, oldest first; at most `TAIL_LINES`."""
        return list(self._tail)

    def stop(self) -> None:
        """End it and all it started; do nothing when it has ended. A Ctrl-C meanwhile ends it at once."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except KeyboardInterrupt:
            self._process.terminate()  # its guard kills the group then
            self._process.wait(_STOP_SECONDS)
            raise
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pump.join(_STOP_SECONDS)

    def _read(self) -> None:
        try:
            self._copy()
        except OSError as fault:  # of the log; with its pipe closed the program ends on its own
            self._fault = fault
        finally:
            self._pieces.put(None)

    def _copy(self) -> None:
        assert self._process.stdout is not None
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        rest = ""
        with self._process.stdout as stream, self._log.open("ab") as log:
            while chunk := os.read(stream.fileno(), _CHUNK):
                log.write(chunk)
                log.flush()
                *pieces, rest = re.split(r"[\r\n]", rest + decoder.decode(chunk))
                self._hand_on(pieces)
        self._hand_on([rest])

    def _hand_on(self, pieces: list[str]) -> None:
        for piece in filter(str.strip, pieces):
            self._tail.append(piece)
            if self._listened:
                self._pieces.put(piece)


@contextmanager
def running(program: Program, *, log: Path) -> Iterator[Child]:
    """Run a program under the guard; leaving the context ends it and all it started.

    It also ends when this process is killed. Exit code 127 means that it could not be started.

    Args:
        program: what to run.
        log: its whole output is added to this file.
    """
    with storage_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
    guard = Path(__file__).with_name("guard.py")
    process = subprocess.Popen(
        (sys.executable, "-I", "-S", str(guard), *program.argv),
        cwd=program.cwd,
        env={**os.environ, **program.env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C at the terminal is ours to pass on
    )
    child = Child(process, log)
    try:
        yield child
    finally:
        child.stop()
