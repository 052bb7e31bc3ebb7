"""A clip becomes a restyled clip, frame by frame, and goes on where it was stopped."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.artifacts import FrameSequence
from orchestrator.files import storage_errors
from orchestrator.stylization import journal
from orchestrator.stylization.engine import Paint
from orchestrator.stylization.finish import Finisher
from orchestrator.stylization.lookahead import ahead, behind
from orchestrator.stylization.steps import steps

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.stylization.engine import Engine, Look
    from orchestrator.stylization.settings import StylizeSettings

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

    While a frame is painted, the next are decoded and their motion is measured in one thread, and those
    painted already are steadied and written in another.

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
        todo = steps(
            clip,
            missing,
            size=work_size(settings, clip.size),
            cuts=cuts,
            carry=settings.consistency.mode == "flow",
        )
        finisher = Finisher(result, folder / JOURNAL, look, settings.consistency.blend)
        with closing(ahead(todo, depth=_DEPTH)) as ready, behind(depth=_DEPTH) as later:
            for step in ready:
                painted = engine.paint(Paint(step.init, look))
                later(partial(finisher.finish, step, painted))
                task.advance()
    return result


def work_size(settings: StylizeSettings, source_size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height to paint at: as set, or the source's, each to the nearest multiple of 8."""
    if settings.size is not None:
        return settings.size
    width, height = (max(1, round(side / _MULTIPLE)) * _MULTIPLE for side in source_size)
    return width, height
