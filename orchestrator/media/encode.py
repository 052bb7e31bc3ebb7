"""Frames into a video, each at the source's own time, with the source's sound."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Literal

from orchestrator.errors import FfmpegError, MediaError
from orchestrator.files import replacing
from orchestrator.media.codecs import choose
from orchestrator.media.encoder import graph
from orchestrator.media.probe import probe
from orchestrator.media.running import Ffmpeg, writing
from orchestrator.media.timed import feed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
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
    keeps the source's display aspect. Sound is kept as `sound.tracks` says. The same input gives the same
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
    choose(codec, target)
    stream = iter(frames)
    first = next(stream)
    height, width = first.shape[:2]
    with replacing(target) as partial:
        # an encoder that a crash has orphaned may still be finishing its file: leave that one to it
        partial.unlink(missing_ok=True)
        with writing(graph(clip, partial, (width, height), codec, crf, audio)) as ffmpeg:
            _run(ffmpeg, chain((first,), stream), clip, (width, height), target, on_frame)
        _verify(partial, clip, target)


def _run(
    ffmpeg: Ffmpeg,
    frames: Iterator[NDArray[np.uint8]],
    clip: Clip,
    size: tuple[int, int],
    target: Path,
    on_frame: Callable[[int], None],
) -> None:
    try:
        for index in feed(ffmpeg.pipe, clip, size, frames):
            on_frame(index)
        content = ffmpeg.ended_well()
    except BrokenPipeError:
        ffmpeg.ended_well()
        content = False
    if not content:
        raise ffmpeg.storage_error() or _failed(target, ffmpeg.complaint())


def _verify(written: Path, clip: Clip, target: Path) -> None:
    """Read the result back: every frame at its time, and the whole as long, to within half a frame."""
    try:
        made = probe(written)
    except MediaError as error:
        raise _failed(target, error.what) from error
    if made.count != clip.count:
        raise _failed(target, f"it has {made.count} frames instead of {clip.count}")
    slack = 1 / (2 * clip.fps)
    shifts = (made.times[0] + wanted - time for wanted, time in zip(clip.times, made.times, strict=True))
    if any(abs(shift) > slack for shift in shifts):
        raise _failed(target, "its frames are not shown at the source's times")
    if abs(made.duration - clip.duration) > slack:
        raise _failed(target, f"it lasts {float(made.duration)} s instead of {float(clip.duration)} s")


def _failed(target: Path, reason: str) -> FfmpegError:
    return FfmpegError(
        f"the video could not be written: {reason}",
        where=str(target),
        remedy="Try another codec or container; if that does not help, run `orchestrate doctor`.",
    )
