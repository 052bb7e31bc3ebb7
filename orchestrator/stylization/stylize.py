"""A clip becomes a restyled clip, frame by frame, and goes on where it was stopped."""

from __future__ import annotations

from collections import deque
from contextlib import closing, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from orchestrator.artifacts import FrameSequence
from orchestrator.files import storage_errors
from orchestrator.media import pictures
from orchestrator.stylization import journal
from orchestrator.stylization.batch import whole
from orchestrator.stylization.engine import Paint
from orchestrator.stylization.finish import Finisher
from orchestrator.stylization.lookahead import ahead, behind
from orchestrator.stylization.steps import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.stylization.engine import Engine, Look, Painted
    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.stylization.steps import Step

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

    While frames are painted, the next are decoded and their motion is measured in one thread, and those
    painted already are steadied and written in another.

    A frame depends on the source, the look, the finished frame before and, in its last bits, on the frames
    painted together with it, and on nothing else: a run that was killed at any instant and run again ends
    with the very pixels of one that was not, if the engine gives the same picture for the same request. A
    WebUI's first picture after another size or seed may differ in its last bits. Of a batch that was not
    finished all frames are painted again, and those that are finished stay as they are.

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
            whole(missing, engine.batch, clip.count),
            size=work_size(settings, clip.size),
            cuts=cuts,
            carry=settings.consistency.mode == "flow",
        )
        finisher = Finisher(result, folder / JOURNAL, look, settings.consistency.blend)
        unfinished, depth = set(missing), max(_DEPTH, engine.batch)
        writing = nullcontext(_at_once) if engine.looks_back else behind(depth=depth)
        with closing(ahead(todo, depth=depth)) as ready, writing as later:
            for step, painted in _painted(engine, ready, look, finisher):
                if step.index in unfinished:
                    later(partial(finisher.finish, step, painted))
                    task.advance()
    return result


def _painted(
    engine: Engine, ready: Iterable[Step], look: Look, finisher: Finisher
) -> Iterator[tuple[Step, Painted]]:
    taken: deque[Step] = deque()

    def paints() -> Iterator[Paint]:
        for step in ready:
            taken.append(step)
            looks_back = engine.looks_back and not step.begins_shot
            yield Paint(step.init, look, _previous(step, finisher) if looks_back else None)

    with closing(engine.paint(paints())) as answers:
        for painted in answers:
            yield taken.popleft(), painted


def _previous(step: Step, finisher: Finisher) -> NDArray[np.uint8]:
    height, width = step.init.shape[:2]
    return pictures.resize(finisher.before(step.index), (width, height))


def _at_once(work: Callable[[], None]) -> None:
    work()


def work_size(settings: StylizeSettings, source_size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height to paint at: as set, or the source's, each to the nearest multiple of 8."""
    if settings.size is not None:
        return settings.size
    width, height = (max(1, round(side / _MULTIPLE)) * _MULTIPLE for side in source_size)
    return width, height
