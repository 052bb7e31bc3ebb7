"""A clip becomes a restyled clip, frame by frame, and goes on where it was stopped."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from orchestrator import digest
from orchestrator.artifacts import FrameSequence
from orchestrator.files import storage_errors
from orchestrator.media import pictures
from orchestrator.stylization import journal
from orchestrator.stylization.consistency import steadied
from orchestrator.stylization.engine import Paint
from orchestrator.stylization.lookahead import ahead, behind
from orchestrator.stylization.steps import steps

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.stylization.engine import Engine, Look
    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.stylization.steps import Step

    Frame = NDArray[np.uint8]

FRAMES = "frames"
JOURNAL = "journal.jsonl"
_DEPTH = 4  # frames held in memory before the painting, and as many behind it
_MULTIPLE = 8  # pixels to one of the autoencoder's latents


def stylize(
    clip: Clip,
    engine: Engine,
    folder: Path,
    look: Look,
    settings: StylizeSettings,
    *,
    cuts: Collection[int],
    progress: Progress,
) -> FrameSequence:
    """Paint every frame that is not finished yet.

    A frame depends on the source, the look and the finished frame before, and on nothing else: a run that was
    killed at any instant and run again ends with the very pixels of one that was not. Finished frames are
    never painted again.

    Args:
        clip: what to paint over.
        engine: what paints.
        folder: gets `frames/` and `journal.jsonl`.
        look: how to paint.
        settings: work size and consistency.
        cuts: indices of frames that begin a new shot: nothing is carried over to them.
        progress: told of each frame.

    Returns:
        The painted frames, of the clip's size.

    Raises:
        OrchestrateError: of the engine, the source or the disk; finished frames stay.
    """
    result = FrameSequence(folder / FRAMES, clip.count)
    with storage_errors(result.folder):
        result.folder.mkdir(parents=True, exist_ok=True)
    missing = journal.missing(folder / JOURNAL, result, clip.size)
    with progress.task("stylizing", total=clip.count, unit="frames") as task:
        task.reach(clip.count - len(missing))
        todo = steps(clip, missing, cuts=cuts, carry=settings.consistency.mode == "flow")
        with closing(ahead(todo, depth=_DEPTH)) as ready, behind(depth=_DEPTH) as write:
            previous: tuple[int, Frame] | None = None
            for step in ready:
                init = pictures.resize(step.frame, work_size(settings, clip.size))
                painted = engine.paint(Paint(init, look))
                frame = _finished(step, painted.picture, _before(step, previous, result), settings)
                write(
                    partial(_commit, folder, result.path(step.index), step.index, frame, look, painted.told)
                )
                previous = step.index, frame
                task.advance()
    return result


def work_size(settings: StylizeSettings, source_size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height to paint at: as set, or the source's, each to the nearest multiple of 8."""
    if settings.size is not None:
        return settings.size
    width, height = (max(1, round(side / _MULTIPLE)) * _MULTIPLE for side in source_size)
    return width, height


def _before(step: Step, previous: tuple[int, Frame] | None, result: FrameSequence) -> Frame | None:
    """Return the finished frame before, where something of it is carried over."""
    if step.moved is None:
        return None
    if previous is not None and previous[0] == step.index - 1:
        return previous[1]
    return pictures.read(result.path(step.index - 1))


def _finished(step: Step, painted: Frame, before: Frame | None, settings: StylizeSettings) -> Frame:
    height, width = step.frame.shape[:2]
    frame = pictures.resize(painted, (width, height))
    if step.moved is None or before is None:
        return frame
    return steadied(frame, step.frame, before, step.moved, settings.consistency.blend)


def _commit(folder: Path, picture: Path, index: int, frame: Frame, look: Look, told: str) -> None:
    entry = journal.Entry(index, look.seed, look.strength, digest.of_bytes(frame.tobytes()), told)
    journal.append(folder / JOURNAL, entry)
    pictures.write_png(picture, frame)
