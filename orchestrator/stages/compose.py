"""The layers laid over one another: fades between stretches, regions over the source or its background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.artifacts import FrameSequence
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.stages import masks as mask_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.layers import Arrangement, Layer
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.source import Source
    from orchestrator.timeline import Timeline

    Frame = NDArray[np.uint8]


def compose(
    project: Project,
    arrangement: Arrangement,
    source: Source,
    painted: Sequence[Stage[FrameSequence]],
    masks: Sequence[Stage[FrameSequence]],
    plate: Stage[FrameSequence] | None,
) -> Stage[FrameSequence]:
    """Return the stage whose artifact is the whole picture of each frame; finished ones are kept.

    Args:
        project: its segments and regions.
        arrangement: which layer shows where.
        source: what lies beneath all regions, unless there is a plate.
        painted: the layers.
        masks: of the regions.
        plate: the background of what is pasted.
    """

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.layers import timeline
        from orchestrator.media.pictures import write_png
        from orchestrator.regions.composite import composite

        target = load(folder)
        layers = _Layers(project, arrangement, timeline(source.clip), [made(each) for each in painted])
        regions = [made(each) for each in masks]
        done = next(i for i in range(target.count + 1) if not target.path(i).is_file())
        with progress.task("composing", total=target.count, unit="frames") as task:
            task.reach(done)
            for index, base in _bases(source, made(plate) if plate else None, done, wanted=bool(regions)):
                shown = [
                    (layers.picture(place, index), mask_files.read(mask, index))
                    for place, mask in zip(arrangement.regions, regions, strict=True)
                ]
                frame = layers.picture(None, index) if base is None else composite(base, shown)
                write_png(target.path(index), frame)
                task.advance()

    def load(folder: Path) -> FrameSequence:
        return FrameSequence(folder / "frames", source.clip.count)

    def under_way(folder: Path, ended: Callable[[], bool]) -> FrameSequence:
        return FrameSequence(folder / "frames", source.clip.count, ended)

    segments = [[str(each.from_), str(each.fade)] for each in project.stylize.segments]
    names = [layer.name for layer in arrangement.layers]
    content: dict[str, Any] = {
        "segments": segments if arrangement.mixed else [],
        "layers": names,
        "regions": [None if place is None else names[place] for place in arrangement.regions],
        "source": source.content,
    }
    inputs = (*painted, *masks, *([plate] if plate else []))
    return Stage("compose", 1, content, inputs, build, load, resumes=True, under_way=under_way)


@dataclass(frozen=True)
class _Layers:
    """The pictures of the layers.

    Attributes:
        project: its segments.
        arrangement: the layers.
        times: of the clip's frames.
        sequences: the pictures of each layer.
    """

    project: Project
    arrangement: Arrangement
    times: Timeline
    sequences: Sequence[FrameSequence]

    def picture(self, place: int | None, index: int) -> Frame:
        """Return what a layer shows at a frame; for None, the project's own look with its fades."""
        from orchestrator.media.crossfade import crossfaded

        if place is not None:
            return self._painted(place, index)
        return crossfaded([(self._painted(each, index), weight) for each, weight in self._shares(index)])

    def _shares(self, index: int) -> Iterable[tuple[int, float]]:
        from orchestrator.stylization.schedule.segments import shares

        segments = self.project.stylize.segments
        if not segments:
            return [(0, 1.0)]
        shown = shares(index, segments, self.times)
        return [(segments.index(share.segment), share.weight) for share in shown]

    def _painted(self, place: int, index: int) -> Frame:
        from orchestrator.media import pictures

        layer: Layer = self.arrangement.layers[place]
        return pictures.read(self.sequences[place].path(index - layer.frames.start))


def _bases(
    source: Source, plate: FrameSequence | None, start: int, *, wanted: bool
) -> Iterator[tuple[int, Frame | None]]:
    """Yield each frame from `start` on with what lies beneath all regions; nothing where none is wanted."""
    from orchestrator.media import decode, pictures

    count = source.clip.count
    if not wanted or start == count:
        yield from ((index, None) for index in range(start, count))
    elif plate is not None:
        yield from ((index, pictures.read(plate.path(index))) for index in range(start, count))
    else:
        yield from enumerate(decode.frames(source.clip, start=start), start)
