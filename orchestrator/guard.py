"""Runs one program and takes it down, with all it started, when the orchestrator is gone.

Started by `orchestrator.process` as a program of its own, with the orchestrator holding the other end of
its standard input. When that end closes, for whatever reason (a clean stop, or `kill -9`), the program's
whole process group is asked to end, and after a grace period made to; SIGTERM makes it at once. Nothing but
the standard library is imported, so that it starts in a few milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 5.0


def main(argv: list[str]) -> int:
    """Run `argv`; return its exit code, or 128 + the signal that ended it."""
    try:
        program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        return 127
    signal.signal(signal.SIGTERM, lambda *_: _signal_group(program.pid, signal.SIGKILL))
    threading.Thread(target=_end_with_owner, args=(program,), daemon=True).start()
    code = program.wait()
    _signal_group(program.pid, signal.SIGKILL)  # what it left behind must not outlive it
    return 128 - code if code < 0 else code


def _end_with_owner(program: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    _signal_group(program.pid, signal.SIGTERM)
    try:
        program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(program.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
