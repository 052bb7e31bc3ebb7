"""The source and the result, small enough for a page and in what every browser plays."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Literal

from orchestrator import files
from orchestrator.artifacts import FrameSequence, Preview
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.progress import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.stages.source import Source

_CRF = 23  # for looking at, beside the other; the output video has its own quality


def source_preview(source: Source) -> Stage[Preview]:
    """Return the stage whose artifact shows the source; without sound, since the result has the same."""

    def build(folder: Path, made: Made, progress: Progress) -> None:
        del made
        from orchestrator.media.decode import frames

        with closing(frames(source.clip)) as pictures:
            _make(pictures, source.clip, folder, progress, audio="none")

    return Stage("source_preview", 1, source.content, (), build, load)


def result_preview(source: Source, frames: Stage[FrameSequence]) -> Stage[Preview]:
    """Return the stage whose artifact shows the frames that come out of a run."""

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.media.pictures import stored

        _make(stored(made(frames)), source.clip, folder, progress, audio="keep")

    return Stage("result_preview", 1, source.content, (frames,), build, load, follows=True)


def load(folder: Path) -> Preview:
    """Return the preview."""
    return Preview(folder / "film.mp4", folder / "stills")


def _make(
    pictures: Iterable[NDArray[np.uint8]],
    clip: Clip,
    folder: Path,
    progress: Progress,
    *,
    audio: Literal["keep", "none"],
) -> None:
    from orchestrator.media.encode import encode
    from orchestrator.media.pictures import resize
    from orchestrator.report.embedding import film_size

    preview, size = load(folder), film_size(clip.size, clip.count)
    with progress.task("making a preview", total=clip.count, unit="frames") as task:
        small = (resize(picture, size) for picture in _with_stills(counted(pictures, task), preview))
        encode(small, clip, preview.film, codec="h264", crf=_CRF, audio=audio, on_frame=lambda _: None)


def _with_stills(pictures: Iterable[NDArray[np.uint8]], preview: Preview) -> Iterator[NDArray[np.uint8]]:
    from orchestrator.report.embedding import thumbnail

    with files.storage_errors(preview.stills):
        preview.stills.mkdir()
    for index, picture in enumerate(pictures):
        with files.storage_errors(preview.stills):
            preview.still(index).write_bytes(thumbnail(picture))
        yield picture
