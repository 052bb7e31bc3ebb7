"""Frames of a style film."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from orchestrator.dataset.picture import Picture
from orchestrator.dataset.select import choose
from orchestrator.dataset.select.candidate import Candidate, look, sharpness
from orchestrator.dataset.settings import SelectSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress, Task

_FRAME = ", frame "  # between a film's name and the number in a picture's origin


def clip(video: Path) -> Clip:
    """Return a whole film. Raises MediaError: it is missing, none, or holds no frames."""
    from orchestrator.media.clip import cut
    from orchestrator.media.probe import probe

    return cut(probe(video), None, None)


def pictures(
    video: Path, select: SelectSettings | None, size: tuple[int, int], progress: Progress
) -> Iterator[Picture]:
    """Yield the chosen frames of a film in order of time; no other frame is kept in memory.

    Args:
        video: the film.
        select: None means the defaults of `SelectSettings`.
        size: width and height of the training pictures; sharpness is judged at about that size.
        progress: told how many frames were found worth taking, if they are fewer than wanted.

    Raises:
        MediaError: as `clip`.
    """
    from orchestrator.media.decode import one

    wanted = select or SelectSettings()
    film = clip(video)
    chosen = choose(candidates(film, size, progress), wanted)
    if len(chosen) < wanted.count:
        progress.say(f"{video.name}: only {len(chosen)} frames are worth taking, not {wanted.count}")
    for each in chosen:
        yield Picture(one(film, each.index), f"{video.name}{_FRAME}{each.index}")


def frame(origin: str, video: str) -> int | None:
    """Return the frame of a film, named by its file, that a picture's origin tells; else None."""
    name, mark, index = origin.rpartition(_FRAME)
    return int(index) if mark and name == video and index.isdecimal() else None


def candidates(film: Clip, size: tuple[int, int], progress: Progress) -> list[Candidate]:
    """Measure every frame of a film; (width, height) `size` is what sharpness is judged at."""
    from orchestrator.media.decode import frames
    from orchestrator.media.shots import cuts

    measured: list[tuple[float, NDArray[np.uint8]]] = []
    with progress.task("looking at the style film", total=film.count, unit="frame") as task:
        starts = cuts(_measuring(frames(film, size=_judged_at(film, size)), measured, task))
    return [
        Candidate(index, bisect.bisect_right(starts, index), *figures)
        for index, figures in enumerate(measured)
    ]


def _measuring(
    frames: Iterable[NDArray[np.uint8]], measured: list[tuple[float, NDArray[np.uint8]]], task: Task
) -> Iterator[NDArray[np.uint8]]:
    for frame in frames:
        measured.append((sharpness(frame), look(frame)))
        task.advance()
        yield frame


def _judged_at(film: Clip, size: tuple[int, int]) -> tuple[int, int]:
    width, height = film.size
    scale = min(1.0, max(size[0] / width, size[1] / height))
    return max(round(width * scale), 1), max(round(height * scale), 1)
