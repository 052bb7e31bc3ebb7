"""One run at a time in a project folder."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from orchestrator import files
from orchestrator.errors import FolderBusy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def lease(root: Path) -> Iterator[None]:
    """Hold a folder for this process; the operating system lets go of it when the process ends, however.

    Raises:
        FolderBusy: another process holds it.
    """
    holder = root / "lock.pid"
    with files.storage_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise FolderBusy(
                f"another run (process {_read(holder)}) is at work in this folder",
                where=str(root.parent),
                remedy="Wait for it to end, or stop it; what it has finished is kept.",
            ) from None
    try:
        files.write_bytes(holder, str(os.getpid()).encode())
        yield
    finally:
        lock.release()


def _read(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8")
    except OSError:
        return "unknown"
