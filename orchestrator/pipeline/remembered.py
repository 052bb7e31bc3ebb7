"""Digests of files, worked out once: a file that did not change is not read again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator import digest, files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Digests:
    """The digests of files by inode, modification time and size, kept in one file."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known = _load(memory)

    def of_file(self, path: Path) -> str:
        """Return the SHA-256 of a file."""
        state = path.stat()
        identity = f"{state.st_dev}:{state.st_ino}:{state.st_mtime_ns}:{state.st_size}"
        if identity not in self._known:
            self._known[identity] = digest.of_file(path)
        return self._known[identity]

    def of_path(self, path: Path) -> str:
        """Return the digest of a file, or of the names and contents of a folder's files at any depth."""
        if not path.is_dir():
            return self.of_file(path)
        return self.of_files((each for each in path.rglob("*") if each.is_file()), path)

    def of_files(self, paths: Iterable[Path], folder: Path) -> str:
        """Return the digest of the names and contents of some files in a folder, in whatever order."""
        named = sorted((path.relative_to(folder).as_posix(), path) for path in paths)
        return digest.of_value([(name, self.of_file(path)) for name, path in named])

    def keep(self) -> None:
        """Write down what is known, for the next run."""
        if self._known != _load(self._memory):
            files.write_json(self._memory, self._known)


def _load(memory: Path) -> dict[str, str]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # a memory that is lost costs time, never truth
    return known if isinstance(known, dict) else {}
