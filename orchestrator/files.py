"""Files that are either not there or whole."""

from __future__ import annotations

import errno
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orchestrator.errors import DiskFull, NotWritable, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial"


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; on success it becomes `target` in one rename.

    The partial file keeps the target's suffix, since many programs choose a format by it.

    Raises:
        NotWritable, DiskFull: as `storage_errors` translates them.
    """
    partial = target.with_name(f".{target.stem}{PARTIAL}{target.suffix}")
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            with partial.open("rb") as written:
                os.fsync(written.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def write_bytes(target: Path, data: bytes) -> None:
    """Write `data` to `target`, whole or not at all."""
    with replacing(target) as partial:
        partial.write_bytes(data)


def write_json(target: Path, data: Any) -> None:
    """Write `data` as indented UTF-8 JSON, whole or not at all."""
    write_bytes(target, json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True).encode())


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Translate what the operating system says about a disk or folder.

    Raises:
        DiskFull: no space, or a quota is used up.
        NotWritable: no permission, a read-only file system, or a file where a folder should be.
    """
    try:
        yield
    except OSError as error:
        raise _translated(error, place) from error


def _translated(error: OSError, place: Path) -> StorageError | OSError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(
            "no space is left on the disk",
            where=str(place),
            remedy="Free some space and run the same command again: what is finished is kept.",
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}:
        return NotWritable(
            "this place cannot be written",
            where=str(place),
            remedy="Give yourself write permission there, or move the project to another folder.",
        )
    return error
