"""A part of a video."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import MediaError

if TYPE_CHECKING:
    from fractions import Fraction

    from orchestrator.media.footage import Footage


@dataclass(frozen=True)
class Clip:
    """Frames `start` to `stop - 1` of a video."""

    footage: Footage
    start: int
    stop: int

    @property
    def count(self) -> int:
        """How many frames there are."""
        return self.stop - self.start

    @property
    def whole(self) -> bool:
        """Whether it is all of the video."""
        return self.count == self.footage.count

    @property
    def times(self) -> tuple[Fraction, ...]:
        """When each frame is shown, in seconds from the clip's first frame."""
        shown = self.footage.times[self.start : self.stop]
        return tuple(time - shown[0] for time in shown)

    @property
    def duration(self) -> Fraction:
        """From the first frame's start to the last one's end, in seconds."""
        times = self.footage.times
        end = times[0] + self.footage.duration if self.stop == len(times) else times[self.stop]
        return end - times[self.start]

    @property
    def constant(self) -> bool:
        """Whether every frame is shown for the same time, exactly."""
        return self.duration == self.count / self.fps and all(
            time == index / self.fps for index, time in enumerate(self.times)
        )

    @property
    def fps(self) -> Fraction:
        """Frames per second of the whole video."""
        return self.footage.fps

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, upright."""
        return self.footage.size

    def part(self, frames: range) -> Clip:
        """Return some of its frames in a row, by their indices within it."""
        return Clip(self.footage, self.start + frames.start, self.start + frames.stop)


def cut(footage: Footage, start_seconds: Fraction | None, end_seconds: Fraction | None) -> Clip:
    """Return the frames with start ≤ time < end, time counted from the video's first frame.

    Args:
        footage: the video.
        start_seconds: None begins with the first frame.
        end_seconds: None ends with the last frame.

    Raises:
        MediaError: no frame lies there.
    """
    origin = footage.times[0]
    start = 0 if start_seconds is None else bisect_left(footage.times, origin + start_seconds)
    stop = footage.count if end_seconds is None else bisect_left(footage.times, origin + end_seconds)
    if stop <= start:
        span = f"{_seconds(start_seconds, 'the start')} and {_seconds(end_seconds, 'the end')}"
        raise MediaError(
            f"no frame lies between {span}",
            where=str(footage.path),
            remedy=f"The video is {float(footage.duration):.3f} s long; choose a start and an end within it.",
        )
    return Clip(footage, start, stop)


def _seconds(value: Fraction | None, otherwise: str) -> str:
    return otherwise if value is None else f"{float(value):g} s"
