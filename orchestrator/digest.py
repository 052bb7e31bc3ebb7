"""Digests of values, files and folders: what a thing is, whatever it is called."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20


def of_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def of_value(value: Any) -> str:
    """Return the digest of a JSON value: equal for equal content, whatever the order of keys."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return of_bytes(canonical.encode())


def of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def of_folder(folder: Path, pattern: str = "*") -> str:
    """Return the digest of the names and contents of a folder's files that match `pattern`.

    The folder's own name does not matter: a moved folder keeps its digest.
    """
    files = sorted(path for path in folder.rglob(pattern) if path.is_file())
    return of_value([(path.relative_to(folder).as_posix(), of_file(path)) for path in files])
