"""A LoRA folder on another machine, by the system's own `sftp`: its keys, known hosts and settings are used.

Each call is one run of `sftp` with a list of commands on its input, so that no shell reads anything. What is
copied lies in a folder of its own here under a fixed name, since `sftp` takes patterns for local paths too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from orchestrator.errors import MissingPackage, NotWritable, OrchestrateError, WebUIUnreachable
from orchestrator.files import PARTIAL, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.webui.ssh import SshAddress

_OPTIONS = (
    *("-o", "BatchMode=yes"),  # asking for a password would wait for ever
    *("-o", "ConnectTimeout=10"),
    *("-o", "ServerAliveInterval=15"),  # a machine that is gone is noticed after a minute
    *("-o", "ServerAliveCountMax=4"),
)
_NO_CONNECTION = 255  # ssh's own exit code; a command that failed gives 1
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_ROW = re.compile(r"-\S+\s+\S+\s+\S+\s+\S+\s+(?P<size>\d+)\s+\S+\s+\S+\s+\S+\s+(?P<name>.+)")
_HELD = "held"


@dataclass(frozen=True)
class SftpFolder:
    """A `Folder` on another machine.

    Every method raises:
        WebUIUnreachable: the machine cannot be reached, or does not let us in without asking.
        NotWritable: there is no such folder, or it does not let us.
        MissingPackage: `sftp` is not installed.
    """

    address: SshAddress

    def sizes(self) -> dict[str, int]:
        """See `Folder`."""
        rows = (_ROW.fullmatch(line) for line in self._run(Path.cwd(), "ls -lan").splitlines())
        return {row["name"]: int(row["size"]) for row in rows if row}

    def put(self, file: Path, name: str) -> None:
        """See `Folder`."""
        partial = f".{_plain(name)}{PARTIAL}"
        with TemporaryDirectory() as held, storage_errors(file):
            (Path(held) / _HELD).symlink_to(file.absolute())
            # not every server's rename replaces; what lies there is damaged, or it would not be replaced
            self._run(Path(held), f"put -f {_HELD} {partial}", f"-rm {name}", f"rename {partial} {name}")

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """See `Folder`."""
        with TemporaryDirectory() as held:
            self._run(Path(held), f"get {_plain(name)} {_HELD}")
            yield Path(held) / _HELD

    def remove(self, name: str) -> None:
        """See `Folder`."""
        self._run(Path.cwd(), f"-rm {_plain(name)}")

    def place(self, name: str) -> str:
        """See `Folder`."""
        return f"{str(self.address).rstrip('/')}/{name}"

    def _run(self, cwd: Path, *commands: str) -> str:
        program = shutil.which("sftp")
        if program is None:
            raise MissingPackage("the program sftp is not there", remedy="Install OpenSSH's client.")
        batch = "\n".join([f'cd "{self.address.path}"', *commands, ""])
        done = subprocess.run(
            command(program, self.address), cwd=cwd, input=batch, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise self._failure(done)
        return done.stdout

    def _failure(self, done: subprocess.CompletedProcess[str]) -> OrchestrateError:
        told = [line.strip() for line in done.stderr.splitlines() if not line.startswith("Connected to ")]
        reason = " ".join(told[-2:]) or f"sftp ended with exit code {done.returncode}"
        if done.returncode == _NO_CONNECTION:
            return WebUIUnreachable(
                f"the machine with the LoRA folder cannot be reached: {reason}",
                where=str(self.address),
                remedy=f"Make `sftp {self.address.login}` work without a question: a key, and a known host.",
            )
        return NotWritable(
            f"the LoRA folder on the other machine does not take it: {reason}",
            where=str(self.address),
            remedy="Check webui.lora_dir, and that this user may write there.",
        )


def command(program: str, address: SshAddress) -> list[str]:
    """Return how `sftp` is called; its commands come on its input."""
    port = ("-P", str(address.port)) if address.port else ()
    return [program, "-b", "-", *_OPTIONS, *port, "--", address.login]


def _plain(name: str) -> str:
    assert _NAME.fullmatch(name), f"{name!r} is no name that goes into a command"
    return name
