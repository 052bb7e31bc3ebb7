"""Which frames are painted: decided by the source alone, once, before the first of them."""

from __future__ import annotations

import json
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.files import write_json
from orchestrator.media import decode
from orchestrator.progress import counted
from orchestrator.stylization.consistency import MODES
from orchestrator.stylization.consistency.keyframes import evenly

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.stylization.course import Course
    from orchestrator.stylization.engine import Look
    from orchestrator.stylization.settings import ConsistencySettings, StylizeSettings

_FILE = "keyframes.json"


def painted(
    clip: Clip, folder: Path, settings: StylizeSettings, *, cuts: Sequence[int], progress: Progress
) -> tuple[int, ...]:
    """Return the indices of the frames to paint, ascending; each shot's first is among them.

    Args:
        clip: the source, all of which is looked at where the mode chooses among its frames.
        folder: keeps what was chosen, for a run that goes on.
        settings: the mode, what it heeds, and whether every frame is wanted.
        cuts: frames that begin a new shot, ascending.
        progress: told of each frame.

    Raises:
        MediaError: the clip cannot be decoded.
        NotWritable, DiskFull: the disk does not let us.
    """
    keys = MODES[settings.consistency.mode].keys
    if keys is None:
        return evenly(clip.count, settings.every, cuts)
    if kept := _kept(folder / _FILE):
        return kept
    with progress.task("choosing keyframes", total=clip.count, unit="frames") as task:
        found = tuple(keys(counted(decode.frames(clip), task), cuts, settings.consistency))
    write_json(folder / _FILE, found)
    return found


def originals(keys: Collection[int], repeats: Sequence[int]) -> tuple[int, ...]:
    """Return the frames to paint if no frame is painted twice.

    Args:
        keys: indices of the frames that were to be painted.
        repeats: for each frame the earlier one that it shows again, or its own; none if that is not known.
    """
    return tuple(sorted({repeats[key] for key in keys})) if repeats else tuple(keys)


def alike(repeats: Sequence[int], course: Course) -> tuple[int, ...]:
    """Return the same repeats, as far as the settings have the frames be painted alike.

    Args:
        repeats: for each frame the earlier one that it shows again, or its own; none if that is not known.
        course: how each frame is painted.
    """
    first: dict[tuple[int, Look], int] = {}
    return tuple(first.setdefault((shown, course.look(index)), index) for index, shown in enumerate(repeats))


def predecessors(painted: Sequence[int], cuts: Collection[int]) -> Mapping[int, int | None]:
    """Return for each painted frame the painted one before it in its shot, None for a shot's first."""
    starts = {0, *cuts}
    pairs = pairwise((None, *painted))
    return {now: None if now in starts else before for before, now in pairs if now is not None}


def look(own: Look, settings: ConsistencySettings, cuts: Sequence[int], index: int) -> Look:
    """Return how a frame is painted.

    Args:
        own: the frame's look, but for what the mode changes.
        settings: the mode, and what it heeds.
        cuts: frames that begin a new shot, ascending.
        index: of the frame.
    """
    noise = MODES[settings.mode].noise
    return noise(own, index - shot_start(index, cuts), settings) if noise else own


def shot_start(index: int, cuts: Sequence[int]) -> int:
    """Return the first frame of the shot that a frame lies in, from the ascending first frames of shots."""
    shot = bisect_right(cuts, index)
    return cuts[shot - 1] if shot else 0


def _kept(file: Path) -> tuple[int, ...]:
    try:
        return tuple(map(int, json.loads(file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return ()
