"""An ffmpeg under way, with its pipes."""

from __future__ import annotations

import errno
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from orchestrator.media.binary import ffmpeg

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPLAINT_LINES = 4
_STORAGE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)


@dataclass(frozen=True)
class Ffmpeg:
    """A running ffmpeg: `pipe` is its stdin or its stdout, whichever was asked for."""

    process: subprocess.Popen[bytes]
    pipe: IO[bytes]
    log: IO[bytes]

    def ended_well(self) -> bool:
        """Close the pipe and wait for its end; tell whether it is content."""
        _drop(self.pipe)
        return self.process.wait() == 0

    def complaint(self) -> str:
        """Return the last lines of what it wrote to stderr, as one line."""
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").splitlines()
        return " / ".join(line.strip() for line in lines[-_COMPLAINT_LINES:]) or "it gave no reason"

    def storage_error(self) -> OSError | None:
        """Return what the operating system told it of the disk it writes to, if that is its complaint."""
        complaint = self.complaint()
        return next(
            (OSError(code, text) for code in _STORAGE if (text := os.strerror(code)) in complaint), None
        )


@contextmanager
def reading(output: Any) -> Iterator[Ffmpeg]:
    """Run an ffmpeg-python graph whose output is `pipe:`; leaving the context ends it."""
    with _started(output, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as (process, log):
        assert process.stdout is not None
        yield Ffmpeg(process, process.stdout, log)


@contextmanager
def writing(output: Any) -> Iterator[Ffmpeg]:
    """Run an ffmpeg-python graph whose input is `pipe:`; leaving the context ends it."""
    with _started(output, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as (process, log):
        assert process.stdin is not None
        yield Ffmpeg(process, process.stdin, log)


@contextmanager
def _started(output: Any, *, stdin: int, stdout: int) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    quiet = output.global_args("-hide_banner", "-loglevel", "error", "-copyts")
    argv = quiet.compile(cmd=ffmpeg(), overwrite_output=True)
    # stderr goes to a file: a pipe that nobody reads would block ffmpeg once it is full
    with (
        TemporaryFile() as log,
        # a session of its own: Ctrl-C at the terminal is ours to pass on
        subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=log, start_new_session=True) as process,
    ):
        try:
            yield process, log
        finally:
            process.kill()
            _drop(process.stdin)


def _drop(pipe: IO[bytes] | None) -> None:
    """Close a pipe whose reader is gone: what it still buffers can go nowhere."""
    if pipe is not None:
        try:
            pipe.close()
        except BrokenPipeError:
            return
