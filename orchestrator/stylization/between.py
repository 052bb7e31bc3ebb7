"""The frames between painted ones: carried there as soon as those on both sides are finished."""

from __future__ import annotations

from collections import deque
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from orchestrator.media import decode
from orchestrator.media.interpolate import Painted, places

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.stylization.consistency.mode import Between
    from orchestrator.stylization.finish import Finished

    Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Stretch:
    """Frames between two painted ones of a shot, or after its last painted one.

    Attributes:
        keys: indices of the painted frame before them and, unless the shot ends before, the one after.
        frames: index and place of those that are to be made, 0 at the one before and 1 at the one after.
    """

    keys: tuple[int, ...]
    frames: tuple[tuple[int, float], ...]


@dataclass(frozen=True, eq=False)
class Carried:
    """A frame that was carried from painted ones.

    Attributes:
        index: of the frame.
        keys: indices of the painted ones.
        source: the source's frame, (H, W, 3) uint8 RGB.
        frame: what came of it.
    """

    index: int
    keys: tuple[int, ...]
    source: Frame
    frame: Frame


def stretches(
    count: int, painted: Sequence[int], cuts: Sequence[int], wanted: Collection[int]
) -> Iterator[Stretch]:
    """Yield the stretches of a clip in which a frame is wanted, in the order of time.

    Args:
        count: frames of the clip.
        painted: indices of the painted frames, ascending; each shot's first is among them.
        cuts: indices of the frames that begin a new shot, ascending.
        wanted: indices of the frames that are to be made.
    """
    due = ((index, place) for index, place in places(count, painted, cuts) if index in wanted)
    for (before, after), frames in groupby(due, lambda each: (each[1].before, each[1].after)):
        keys = (before,) if after is None else (before, after)
        yield Stretch(keys, tuple((index, place.position) for index, place in frames))


class Carrying:
    """Makes the frames of stretches, in the order of time; holds the source's frames of one stretch.

    Args:
        clip: the source.
        due: the stretches.
        between: makes one frame.
        finished: where the painted frames are.
    """

    def __init__(self, clip: Clip, due: Sequence[Stretch], between: Between, finished: Finished) -> None:
        self._due = deque(due)
        self._windows = _windows(clip, due)
        self._between = between
        self._finished = finished

    def ready(self) -> Iterator[Carried]:
        """Yield the next frames, up to a stretch whose painted frames are not finished yet.

        Raises:
            MediaError: the clip ends before them.
            ImageError: a painted frame cannot be read.
        """
        while self._due and all(key in self._finished for key in self._due[0].keys):
            stretch, window = self._due.popleft(), next(self._windows)
            painted = [Painted(window[key], self._finished.picture(key)) for key in stretch.keys]
            before, after = painted[0], painted[1] if len(painted) > 1 else None
            for index, position in stretch.frames:
                now = window[index]
                yield Carried(index, stretch.keys, now, self._between(now, before, after, position))

    def close(self) -> None:
        """Stop decoding."""
        self._windows.close()


def _windows(clip: Clip, due: Sequence[Stretch]) -> Generator[dict[int, Frame], None, None]:
    """Yield for each stretch the source's frames of all of it, by index."""
    if not due:
        return
    begin = due[0].keys[0]
    window: dict[int, Frame] = {}
    with closing(decode.frames(clip, start=begin)) as frames:
        source = enumerate(frames, begin)
        for stretch in due:
            first, last = stretch.keys[0], max(stretch.keys[-1], stretch.frames[-1][0])
            window = {index: frame for index, frame in window.items() if index >= first}
            while last not in window:
                index, frame = next(source)
                if index >= first:
                    window[index] = frame
            yield window
