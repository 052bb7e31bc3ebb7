"""A clip becomes a restyled clip, frame by frame, and goes on where it was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.artifacts import FrameSequence
from orchestrator.files import storage_errors
from orchestrator.media.flow import both_ways
from orchestrator.media.raft import Raft
from orchestrator.stylization import journal, plan
from orchestrator.stylization.canvas import Canvas
from orchestrator.stylization.finish import Finished
from orchestrator.stylization.job import Job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.media.clip import Clip
    from orchestrator.media.letterbox import Box
    from orchestrator.progress import Progress
    from orchestrator.stylization.course import Course
    from orchestrator.stylization.engine import Engine
    from orchestrator.stylization.settings import StylizeSettings

FRAMES = "frames"
JOURNAL = "journal.jsonl"


def stylize(
    clip: Clip,
    engine: Engine,
    folder: Path,
    course: Course,
    settings: StylizeSettings,
    *,
    cuts: Sequence[int],
    repeats: Sequence[int] = (),
    picture: Box | None = None,
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
        course: how to paint each frame.
        settings: work size, which frames, and consistency.
        cuts: indices of frames that begin a new shot, ascending: nothing is carried over to them.
        repeats: for each frame the earlier one, within its shot, that it shows again, or its own; such a
            frame is made once, unless it is to be painted in another way. None is known when left out.
        picture: what lies within black bars, which stay as they are; everything when None.
        progress: told of each frame.

    Returns:
        The finished frames, of the clip's size.

    Raises:
        OrchestrateError: of the engine, the source or the disk; finished frames stay.
    """
    result, consistency = FrameSequence(folder / FRAMES, clip.count), settings.consistency
    with storage_errors(result.folder):
        result.folder.mkdir(parents=True, exist_ok=True)
    missing = journal.missing(folder / JOURNAL, result, clip.size)
    keys = plan.painted(clip, folder, settings, cuts=cuts, progress=progress)
    again = plan.alike(repeats, course)
    painted = plan.originals(keys, again)
    with progress.task("stylizing", total=clip.count, unit="frames") as task:
        task.reach(clip.count - len(missing))
        finished = Finished(result, folder / JOURNAL, missing, task, again)
        finished.show_again()
        Job(
            clip,
            engine,
            course,
            Canvas(clip.size, picture, settings.size),
            consistency,
            cuts,
            painted,
            sorted({*keys, *painted}),
            frozenset(plan.originals([index for index in missing if index not in finished], again)),
            finished,
            Raft(consistency.raft) if consistency.raft else both_ways,
        ).run()
    return result
