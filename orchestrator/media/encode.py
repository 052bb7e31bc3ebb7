"""Frames into a video, each at the source's own time, with the source's sound."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Literal

from orchestrator.errors import FfmpegError
from orchestrator.files import replacing
from orchestrator.media import gif
from orchestrator.media.codecs import choose
from orchestrator.media.encoder import graph
from orchestrator.media.running import writing
from orchestrator.media.timed import feed
from orchestrator.media.verify import mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip


def encode(
    frames: Iterable[NDArray[np.uint8]],
    clip: Clip,
    target: Path,
    *,
    codec: str,
    crf: int | None,
    audio: Literal["keep", "none"],
    on_frame: Callable[[int], None],
) -> None:
    """Write frames, taken one by one, as a video with the times of `clip`, to the tick.

    Constant and variable rates are kept alike; Matroska keeps times to the millisecond only. Colours become
    BT.709, limited range, and are tagged so; ffv1 keeps RGB. An odd side, which halved chroma does not
    allow, is scaled up by one pixel: nothing is cut off or added, and every player shows it. The picture
    keeps the source's display aspect. Sound, subtitles and chapters are kept as `sound.tracks`,
    `subtitles.tracks` and `beside.chapters` say; animated pictures have none. The same input gives the same
    bytes.

    Args:
        frames: (H, W, 3) uint8 RGB, as many as the clip has, all of one size.
        clip: where times and sound come from.
        target: the video; made whole or not at all. Its suffix chooses the container.
        codec: a key of `codecs.CODECS`.
        crf: quality, lower is better; None is the codec's default.
        audio: `keep` the source's sound or have `none`.
        on_frame: told the index of each frame that ffmpeg has taken.

    Raises:
        FfmpegError: ffmpeg failed, the container does not take the codec, or what was written is not as long
            as the clip.
        OrchestrateError: of whatever the frames come from.
        NotWritable, DiskFull: the disk does not let us.
    """
    chosen, _ = choose(codec, target)
    stream = iter(frames)
    with replacing(target) as partial:
        # an encoder that a crash has orphaned may still be finishing its file: leave that one to it
        partial.unlink(missing_ok=True)
        if codec == "gif":
            complaint = _gif(stream, clip, partial, on_frame)
        else:
            complaint = _video(stream, clip, partial, codec, crf, audio, on_frame)
        if wrong := complaint or mistake(partial, clip, animation=chosen.animation):
            raise _failed(target, wrong)


def _video(
    frames: Iterator[NDArray[np.uint8]],
    clip: Clip,
    target: Path,
    codec: str,
    crf: int | None,
    audio: Literal["keep", "none"],
    on_frame: Callable[[int], None],
) -> str | None:
    """Write a video; return what ffmpeg complains of, if it does."""
    first = next(frames)
    height, width = first.shape[:2]
    with writing(graph(clip, target, (width, height), codec, crf, audio)) as ffmpeg:
        try:
            for index in feed(ffmpeg.pipe, clip, (width, height), chain((first,), frames)):
                on_frame(index)
            content = ffmpeg.ended_well()
        except BrokenPipeError:
            ffmpeg.ended_well()
            content = False
        if error := None if content else ffmpeg.storage_error():
            raise error
        return None if content else ffmpeg.complaint()


def _gif(
    frames: Iterator[NDArray[np.uint8]], clip: Clip, target: Path, on_frame: Callable[[int], None]
) -> str | None:
    """Write a GIF by way of a video without loss: its palette is known only once all frames were seen."""
    kept = gif.shown(clip)
    thin, video = gif.thinned(clip, kept), target.with_suffix(".mkv")
    few = _chosen(frames, set(kept), on_frame)
    try:
        complaint = _video(few, thin, video, "ffv1", None, "none", lambda _: None)
        return complaint or gif.convert(video, thin, target)
    finally:
        video.unlink(missing_ok=True)


def _chosen(
    frames: Iterable[NDArray[np.uint8]], kept: Container[int], on_frame: Callable[[int], None]
) -> Iterator[NDArray[np.uint8]]:
    for index, frame in enumerate(frames):
        if index in kept:
            yield frame
        on_frame(index)


def _failed(target: Path, reason: str) -> FfmpegError:
    return FfmpegError(
        f"the video could not be written: {reason}",
        where=str(target),
        remedy="Try another codec or container; if that does not help, run `orchestrate doctor`.",
    )
