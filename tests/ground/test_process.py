"""Running other programs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from orchestrator.errors import DiskFull
from orchestrator.process import Program, running


def python(code: str, tmp_path: Path) -> Program:
    return Program((sys.executable, "-c", textwrap.dedent(code)), tmp_path)


def gone(pid: int, within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_output_comes_live_in_pieces_and_the_exit_code_after_it(tmp_path: Path) -> None:
    """Carriage returns and newlines both end a piece, both streams come, and the log keeps every byte."""
    program = python(
        r"""
        import sys
        print('one\rtwo', flush=True); print('drei ä', file=sys.stderr, flush=True); sys.exit(7)
        """,
        tmp_path,
    )
    with running(program, log=tmp_path / "log") as child:
        assert list(child.lines()) == ["one", "two", "drei ä"]
        assert child.returncode == 7
        assert child.tail == ["one", "two", "drei ä"]
    assert (tmp_path / "log").read_bytes() == "one\rtwo\ndrei ä\n".encode()


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Exit code 127 and the name stand where a caller looks."""
    with running(Program(("/nonexistent/program",), tmp_path), log=tmp_path / "log") as child:
        assert list(child.lines()) == ["/nonexistent/program: No such file or directory"]
        assert child.returncode == 127


PARENT_OF_TWO = """
    import subprocess, sys, time
    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
    print(child.pid, flush=True)
    time.sleep(600)
"""


def test_leaving_ends_the_whole_family(tmp_path: Path) -> None:
    """A grandchild does not outlive the context, even if the block fails."""

    class Boom(Exception):
        pass

    pids = []
    with pytest.raises(Boom), running(python(PARENT_OF_TWO, tmp_path), log=tmp_path / "log") as child:
        pids.append(int(next(child.lines())))
        raise Boom
    assert gone(pids[0])


def test_a_program_deaf_to_sigterm_is_made_to_end(tmp_path: Path) -> None:
    """After the grace period comes SIGKILL."""
    program = python(
        """
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(os.getpid(), flush=True)
        time.sleep(600)
        """,
        tmp_path,
    )
    with running(program, log=tmp_path / "log") as child:
        pid = int(next(child.lines()))
    assert gone(pid)


def test_killing_the_owner_ends_the_family(tmp_path: Path) -> None:
    """`kill -9` of the process that started a program leaves neither it nor its children behind."""
    owner = subprocess.Popen(
        (
            sys.executable,
            "-c",
            textwrap.dedent(f"""
                import sys
                from pathlib import Path
                from orchestrator.process import Program, running
                inner = {textwrap.dedent(PARENT_OF_TWO)!r}
                program = Program((sys.executable, '-c', inner), Path({str(tmp_path)!r}))
                with running(program, log=Path({str(tmp_path / "log")!r})) as child:
                    for line in child.lines():
                        print(line, flush=True)
            """),
        ),
        stdout=subprocess.PIPE,
    )
    assert owner.stdout is not None
    with owner.stdout as stdout:
        pid = int(stdout.readline())
    parent = psutil.Process(pid).ppid()
    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    assert gone(pid)
    assert gone(parent)


def test_a_log_that_cannot_be_written_ends_the_program_and_is_told(tmp_path: Path) -> None:
    """A full disk does not leave the program waiting for somebody to read its output."""
    endless = python("while True: print('x' * 79, flush=True)", tmp_path)
    with pytest.raises(DiskFull), running(endless, log=Path("/dev/full")) as child:
        for _ in child.lines():
            pass


def test_a_chatty_program_nobody_listens_to_is_not_blocked(tmp_path: Path) -> None:
    """Output beyond a pipe's size is read although the caller never asks for lines."""
    with running(python("print('x' * 79 + '\\n', end='' ); print(('y' * 79 + '\\n') * 5000)", tmp_path),
                 log=tmp_path / "log") as child:  # fmt: skip
        assert child.wait() == 0
    assert (tmp_path / "log").stat().st_size > 400_000
