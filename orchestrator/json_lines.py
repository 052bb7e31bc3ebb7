"""Journals: files of JSON values, one a line, that grow while something is made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator import files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def rows(path: Path) -> list[Any]:
    """Return the whole rows, none where there is no file, and cut off one that was left half written."""
    if not path.exists():
        return []
    left = path.read_bytes()
    whole = left[: left.rfind(b"\n") + 1]
    if whole != left:
        files.write_bytes(path, whole)
    return [json.loads(line) for line in whole.splitlines()]


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row; the file and its folder are made where they are missing. Raises NotWritable, DiskFull."""
    with files.storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(row, ensure_ascii=False) + "\n")
