"""The background without what stands before it."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.artifacts import FrameSequence
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.stages import masks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.pipeline.remembered import Digests
    from orchestrator.progress import Progress
    from orchestrator.regions.inpainters.inpainter import Inpainter
    from orchestrator.regions.settings import PasteSettings
    from orchestrator.stages.source import Source

    Frame = NDArray[np.uint8]
    Mask = NDArray[np.float32]


def plate(
    settings: PasteSettings,
    digests: Digests,
    source: Source,
    shots: Stage[tuple[int, ...]],
    hiding: Sequence[Stage[FrameSequence]],
) -> Stage[FrameSequence]:
    """Return the stage whose artifact is each frame's background; a shot that is finished is kept.

    Args:
        settings: who paints what no frame shows.
        digests: of the files that it names.
        source: the frames that show it.
        shots: where shots begin.
        hiding: the masks of what stands before it.
    """
    clip = source.clip

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.media.pictures import write_png
        from orchestrator.regions.inpainters import choose

        sequences, inpaint = [made(each) for each in hiding], choose(settings)
        target = load(folder, clip.count)
        with progress.task("gathering the background", total=clip.count, unit="frames") as task:
            for start, stop in pairwise((0, *made(shots), clip.count)):
                shot = range(start, stop)
                if not all(target.path(index).is_file() for index in shot):
                    hidden = partial(_hidden, sequences, shot)
                    for index, frame in enumerate(_backgrounds(clip.part(shot), hidden, inpaint), start):
                        write_png(target.path(index), frame)
                task.reach(stop)

    content = {"lama": digests.of_path(settings.lama) if settings.lama else None, "source": source.content}
    return Stage(
        "plate", 1, content, (shots, *hiding), build, lambda folder: load(folder, clip.count), resumes=True
    )


def load(folder: Path, count: int) -> FrameSequence:
    """Return the backgrounds."""
    return FrameSequence(folder / "frames", count)


def _backgrounds(shot: Clip, hidden: Callable[[], Iterator[Mask]], inpaint: Inpainter) -> Iterator[Frame]:
    from orchestrator.media.decode import frames
    from orchestrator.regions.plate import followed, gathered

    background = gathered(frames(shot), hidden(), shot.count, inpaint)
    return followed(background, frames(shot), hidden(), inpaint)


def _hidden(sequences: Sequence[FrameSequence], indices: range) -> Iterator[Mask]:
    """Yield for each frame where any of the masks hides the background."""
    for index in indices:
        yield np.maximum.reduce([masks.read(each, index) for each in sequences])
