"""Frames out of a video, as a stream."""

from __future__ import annotations

from bisect import bisect_right
from contextlib import closing
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from orchestrator.errors import MediaError
from orchestrator.media.gamut import narrowed
from orchestrator.media.h273 import UNKNOWN
from orchestrator.media.running import Ffmpeg, reading

if TYPE_CHECKING:
    from collections.abc import Generator
    from fractions import Fraction

    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.media.footage import Footage

_SCALER = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
_SD_SIZE = (1280, 576)  # below this an untagged video is taken for BT.601, from it on for BT.709, as mpv does


def frames(
    clip: Clip, *, start: int = 0, size: tuple[int, int] | None = None
) -> Generator[NDArray[np.uint8], None, None]:
    """Yield a clip's frames, upright, in sRGB's layout, one by one.

    ffmpeg decodes a few frames ahead and no more. It ends with the iteration: close the iterator
    (`contextlib.closing`) when leaving it early. Frame i has the same bytes whatever `start` is.
    High dynamic range and wide colours are mapped to BT.709, as `gamut.narrowed` tells.

    Args:
        clip: what to decode.
        start: index within the clip to begin with; what lies before is skipped by seeking.
        size: (width, height) to scale to with Lanczos's filter; None keeps the clip's.

    Yields:
        (H, W, 3) uint8 RGB, writable.

    Raises:
        MediaError: fewer frames could be decoded than the clip has.
        FfmpegError: there is no ffmpeg.
    """
    return _decoded(clip.footage, clip.start + start, clip.stop, size or clip.size)


def one(clip: Clip, index: int, *, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return one frame, the same as `frames` yields. Raises MediaError: it cannot be decoded."""
    position = clip.start + index
    with closing(_decoded(clip.footage, position, position + 1, size or clip.size)) as stream:
        return next(stream)


def _decoded(
    footage: Footage, first: int, stop: int, size: tuple[int, int]
) -> Generator[NDArray[np.uint8], None, None]:
    assert 0 <= first <= stop, "frames are asked for that the clip does not have"
    if first == stop:
        return
    width, height = size
    planes = np.empty((3, height, width), np.uint8)
    with reading(_graph(footage, first, stop, size)) as ffmpeg:
        for done in range(stop - first):
            if ffmpeg.pipe.readinto(planes.reshape(-1).data) < planes.nbytes:  # type: ignore[attr-defined]
                raise _too_few(ffmpeg, footage, done, stop - first)
            green, blue, red = planes
            yield cv2.merge((red, green, blue))


def _graph(footage: Footage, first: int, stop: int, size: tuple[int, int]) -> Any:
    import ffmpeg

    picture = ffmpeg.input(f"file:{footage.path}", **_seek(footage, first))["V:0"]
    picture = narrowed(picture.filter("trim", **_window(footage.times, first, stop)), footage.colour)
    matrix = _matrix(footage)
    picture = picture.filter("scale", *size, flags=_SCALER, in_color_matrix=matrix)
    picture = picture.filter("format", "gbrp")  # the same colours as rgb24, in half the scaler's time
    exactly: dict[str, Any] = {"frames:v": stop - first, "fps_mode": "passthrough"}
    return picture.output("pipe:", format="rawvideo", **exactly)


def _seek(footage: Footage, first: int) -> dict[str, Any]:
    """Begin one keyframe earlier than needed: some containers are searched only roughly."""
    key = bisect_right(footage.keyframes, first) - 2
    if key <= 0:
        return {}
    time = footage.times[footage.keyframes[key]]
    return {"ss": _stamp(time), "seek_timestamp": 1, "noaccurate_seek": None}


def _window(times: tuple[Fraction, ...], first: int, stop: int) -> dict[str, str]:
    bounds = {"start": first, "end": stop}
    return {name: _shortly_before(times, index) for name, index in bounds.items() if 0 < index < len(times)}


def _shortly_before(times: tuple[Fraction, ...], index: int) -> str:
    """Return a quarter of a frame earlier: no rounding, be it by a whole frame's tick, can cross a frame."""
    return _stamp(times[index] - (times[index] - times[index - 1]) / 4)


def _stamp(time: Fraction) -> str:
    return f"{float(time):.6f}"


def _matrix(footage: Footage) -> str:
    """Return the YCbCr matrix to decode with; a guess where the file does not tell."""
    if footage.colour.space != UNKNOWN:
        return "auto"
    large = any(side >= limit for side, limit in zip(sorted(footage.size)[::-1], _SD_SIZE, strict=True))
    return "bt709" if large else "bt601"


def _too_few(ffmpeg: Ffmpeg, footage: Footage, came: int, wanted: int) -> MediaError:
    ffmpeg.ended_well()
    return MediaError(
        f"only {came} of {wanted} frames could be decoded: {ffmpeg.complaint()}",
        where=str(footage.path),
        remedy="Check that the video plays to its end; re-encoding it may mend it.",
    )
