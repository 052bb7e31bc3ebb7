"""A WebUI's LoRA folder, wherever it is: files come into it whole or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from orchestrator.files import PARTIAL, storage_errors
from orchestrator.webui import ssh

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager


class Folder(Protocol):
    """Files with plain names, in no subfolders. Every method raises StorageError or WebUIUnreachable."""

    def sizes(self) -> Mapping[str, int]:
        """Return the bytes of each file by its name; nothing when there is no such folder."""

    def put(self, file: Path, name: str) -> None:
        """Copy a file into it under a name; what had that name is replaced."""

    def reading(self, name: str) -> AbstractContextManager[Path]:
        """Yield a path here that holds what one of its files holds; not to be written to."""

    def remove(self, name: str) -> None:
        """Remove one of its files; it is no error when it is gone."""

    def place(self, name: str) -> str:
        """Return how users call the place of a file: a path or an address."""


@dataclass(frozen=True)
class HereFolder:
    """A folder that can be reached by a path: the WebUI's own, or one that both share.

    The WebUI may see it under another path: nothing but names ever goes to it.
    """

    path: Path

    def sizes(self) -> dict[str, int]:
        """See `Folder`."""
        if not self.path.exists():
            return {}
        with storage_errors(self.path):
            return {each.name: each.stat().st_size for each in self.path.iterdir() if each.is_file()}

    def put(self, file: Path, name: str) -> None:
        """See `Folder`."""
        # no WebUI takes a file with this suffix for a LoRA, however long the copying takes
        partial = self.path / f".{name}{PARTIAL}"
        with storage_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(file, partial)
                with partial.open("rb") as written:
                    os.fsync(written.fileno())
                partial.replace(self.path / name)
            finally:
                partial.unlink(missing_ok=True)

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """See `Folder`."""
        with storage_errors(self.path):
            yield self.path / name

    def remove(self, name: str) -> None:
        """See `Folder`."""
        with storage_errors(self.path):
            (self.path / name).unlink(missing_ok=True)

    def place(self, name: str) -> str:
        """See `Folder`."""
        return str(self.path / name)


def folder(lora_dir: Path | str) -> Folder:
    """Return the folder that `webui.lora_dir` names: a path, or `ssh://…`. Raises ValueError."""
    from orchestrator.webui.sftp import SftpFolder

    if isinstance(lora_dir, str):
        return SftpFolder(ssh.parse(lora_dir))
    return HereFolder(lora_dir)


def put_bytes(into: Folder, data: bytes, name: str) -> None:
    """Put a file of these bytes into a folder. Raises as `Folder` does."""
    with TemporaryDirectory() as held:
        file = Path(held) / "data"
        file.write_bytes(data)
        into.put(file, name)


def read_bytes(of: Folder, name: str) -> bytes:
    """Return what one of a folder's files holds. Raises as `Folder` does."""
    with of.reading(name) as file:
        return file.read_bytes()
