"""How many frames one request should hold: measured once, and kept for as long as the work goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from orchestrator.errors import WebUIError
from orchestrator.files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_FILE = "batch.json"
_WORTH_MEASURING = 200  # frames; measuring takes the time of 6 of them, or 30 when large batches are fast
_LARGEST = 8
_GAIN = 0.9  # of the time a picture that a doubled batch must stay below, to be worth its memory


def settled(folder: Path, wanted: int | Literal["auto"], frames: int, measured: Callable[[], int]) -> int:
    """Return the batch that all frames of a clip are painted in.

    Pictures of one request differ in their last bits from those painted alone. So a run that goes on keeps
    the batch that it began with.

    Args:
        folder: keeps the batch that was measured.
        wanted: what the user says.
        frames: of the clip; a short one is painted frame by frame, since measuring would take longer.
        measured: measures.
    """
    if wanted != "auto":
        return wanted
    if kept := _kept(folder / _FILE):
        return kept
    batch = measured() if frames >= _WORTH_MEASURING else 1
    write_json(folder / _FILE, {"batch": batch})
    return batch


def fastest(seconds: Callable[[int], float]) -> int:
    """Return the batch that takes the least time a picture: doubled for as long as that saves some.

    Args:
        seconds: paints that many pictures in one request and returns the time. A WebUIError of it means that
            so many cannot be painted, as when memory is short.
    """
    batch, each = 1, _least(seconds, 1)
    while batch < _LARGEST:
        try:
            doubled = _least(seconds, 2 * batch)
        except WebUIError:
            return batch
        if doubled > _GAIN * each:
            return batch
        batch, each = 2 * batch, doubled
    return batch


def whole(missing: Iterable[int], batch: int, frames: int) -> list[int]:
    """Return the frames of every batch that one of the missing ones belongs to, of a clip of `frames`."""
    begun = {index // batch for index in missing}
    return [index for each in sorted(begun) for index in range(batch * each, min(batch * (each + 1), frames))]


def _least(seconds: Callable[[int], float], pictures: int) -> float:
    """Return the time a picture; the first request of a size may pay for what later ones find prepared."""
    return min(seconds(pictures) for _ in range(2)) / pictures


def _kept(file: Path) -> int | None:
    try:
        return int(json.loads(file.read_text(encoding="utf-8"))["batch"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
