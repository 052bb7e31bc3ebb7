"""Handing frames to ffmpeg with a time each: as raw pictures in NUT, its container made for pipes."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING

from orchestrator.media.beside import chapters

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from av.container.core import Chapter
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip

_CHAPTER_TICK = Fraction(1, 1000)


def tick(clip: Clip) -> Fraction:
    """Return the longest time base, in seconds, in which every time of the clip is a whole number."""
    exact = (*clip.times, clip.duration, 1 / clip.fps)
    return Fraction(1, lcm(*(time.denominator for time in exact)))


def feed(
    pipe: IO[bytes], clip: Clip, size: tuple[int, int], pictures: Iterator[NDArray[np.uint8]]
) -> Iterator[int]:
    """Write pictures at the clip's times, and its chapters; yield the index of each once it is written.

    Args:
        pipe: where NUT goes.
        clip: tells the times.
        size: width and height of every picture.
        pictures: (H, W, 3) uint8 RGB, as many as the clip has frames.
    """
    import av

    base = tick(clip)
    # PyAV swallows what is raised while it writes, Ctrl-C included: it writes to memory, and we to the pipe
    unsent: list[bytes] = []
    with av.open(SimpleNamespace(write=unsent.append), "w", format="nut") as nut:
        stream = nut.add_stream("rawvideo", rate=clip.fps)
        stream.width, stream.height = size
        stream.pix_fmt = "rgb24"
        stream.codec_context.time_base = base
        nut.set_chapters(_chapters(clip))
        for index, (time, picture) in enumerate(zip(clip.times, pictures, strict=True)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = int(time / base), base
            nut.mux(stream.encode(frame))
            _send(unsent, pipe)
            yield index
    _send(unsent, pipe)


def _chapters(clip: Clip) -> list[Chapter]:
    return [
        {
            "id": number,
            "start": round(each.start / _CHAPTER_TICK),
            "end": round(each.end / _CHAPTER_TICK),
            "time_base": _CHAPTER_TICK,
            "metadata": {"title": each.title},
        }
        for number, each in enumerate(chapters(clip), start=1)
    ]


def _send(unsent: list[bytes], pipe: IO[bytes]) -> None:
    pipe.write(b"".join(unsent))
    unsent.clear()
