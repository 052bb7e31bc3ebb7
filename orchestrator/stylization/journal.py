"""How each finished frame came about: `journal.jsonl`, one line a frame.

A frame's line is written before its picture is renamed into place. So each picture has its line, whatever
instant the run is killed at; a line without a picture is dropped when the run goes on.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from orchestrator.files import storage_errors, write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence


@dataclass(frozen=True)
class Entry:
    """One finished frame.

    Attributes:
        index: of the frame.
        seed: of the noise.
        strength: how much was painted anew, 0 to 1.
        pixels: SHA-256 of the frame's (H, W, 3) uint8 RGB bytes, 64 hex digits.
        told: the engine's account of it; empty for a frame that was not painted.
        keys: the painted frames that its style was carried from; none for one that was painted by itself.
    """

    index: int
    seed: int
    strength: float
    pixels: str
    told: str
    keys: tuple[int, ...] = ()


def missing(path: Path, frames: FrameSequence, size: tuple[int, int]) -> list[int]:
    """Return the indices of frames that are not finished, and drop the journal's lines for them.

    Args:
        path: the journal.
        frames: where the finished ones lie.
        size: their width and height; only a file's header is read to tell.
    """
    entries = read(path)
    finished = [i for i in sorted(entries) if i < frames.count and _size(frames.path(i)) == size]
    if path.exists():
        write(path, (entries[index] for index in finished))
    return sorted(set(range(frames.count)) - set(finished))


def read(path: Path) -> dict[int, Entry]:
    """Return the entries by frame; none when there is no journal, and a line cut short is left out."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    entries = (entry for line in lines if (entry := _entry(line)))
    return {entry.index: entry for entry in entries}


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Write a whole journal."""
    write_bytes(path, "".join(map(_line, entries)).encode())


def append(path: Path, entry: Entry) -> None:
    """Add one line."""
    with storage_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(_line(entry))


def _size(picture: Path) -> tuple[int, int] | None:
    try:
        with Image.open(picture) as opened:
            return opened.width, opened.height
    except (OSError, UnidentifiedImageError):
        return None


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"


def _entry(line: str) -> Entry | None:
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None
