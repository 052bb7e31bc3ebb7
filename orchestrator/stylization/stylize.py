"""A clip becomes a restyled clip, frame by frame, and goes on where it was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.artifacts import FrameSequence
from orchestrator.files import storage_errors
from orchestrator.stylization import journal, plan
from orchestrator.stylization.finish import Finished
from orchestrator.stylization.job import Job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.stylization.engine import Engine, Look
    from orchestrator.stylization.settings import StylizeSettings

FRAMES = "frames"
JOURNAL = "journal.jsonl"
_MULTIPLE = 8  # pixels to one of the autoencoder's latents


def stylize(
    clip: Clip,
    engine: Engine,
    folder: Path,
    look: Look,
    settings: StylizeSettings,
    *,
    cuts: Sequence[int],
    progress: Progress,
) -> FrameSequence:
    """Make every frame that is not finished yet.

    While frames are painted, the next are decoded and their motion is measured in one thread, and in another
    those painted already are steadied and written, and the frames between them carried along the motion.

    A frame depends on the source, the settings, the finished frames that it is carried from and, in its last
    bits, on the frames painted together with it, and on nothing else: a run that was killed at any instant
    and run again ends with the very pixels of one that was not, if the engine gives the same picture for the
    same request. A WebUI's first picture after another size or seed may differ in its last bits. Of a batch
    that was not finished all frames are painted again, and those that are finished stay as they are.

    Args:
        clip: what to paint over.
        engine: what paints.
        folder: gets `frames/`, `journal.jsonl` and, where the mode chooses them, `keyframes.json`.
        look: how to paint.
        settings: work size and consistency.
        cuts: indices of frames that begin a new shot, ascending: nothing is carried over to them.
        progress: told of each frame.

    Returns:
        The finished frames, of the clip's size.

    Raises:
        OrchestrateError: of the engine, the source or the disk; finished frames stay.
    """
    result, consistency = FrameSequence(folder / FRAMES, clip.count), settings.consistency
    with storage_errors(result.folder):
        result.folder.mkdir(parents=True, exist_ok=True)
    missing = frozenset(journal.missing(folder / JOURNAL, result, clip.size))
    keys = plan.painted(clip, folder, consistency, cuts=cuts, progress=progress)
    with progress.task("stylizing", total=clip.count, unit="frames") as task:
        task.reach(clip.count - len(missing))
        finished = Finished(result, folder / JOURNAL, missing, task)
        size = work_size(settings, clip.size)
        Job(clip, engine, look, size, consistency, cuts, keys, missing, finished).run()
    return result


def work_size(settings: StylizeSettings, source_size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height to paint at: as set, or the nearest to the source's that can be painted."""
    return settings.size or paintable(source_size)


def paintable(size: tuple[int, int]) -> tuple[int, int]:
    """Return a width and height with each side brought to the nearest multiple of 8; 8 at least."""
    width, height = (max(1, round(side / _MULTIPLE)) * _MULTIPLE for side in size)
    return width, height
