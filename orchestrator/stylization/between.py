"""The frames between painted ones: carried there as soon as those on both sides are finished."""

from __future__ import annotations

from collections import deque
from contextlib import closing
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from orchestrator.media import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.media.flow import BothWays
    from orchestrator.stylization.consistency.mode import Between
    from orchestrator.stylization.finish import Finished

    Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Stretch:
    """Frames between two painted ones of a shot, or after its last painted one.

    Attributes:
        keys: indices of the painted frame before them and, unless the shot ends before, the one after.
        stop: index after the last frame of them all, or after the painted one after them.
        frames: indices of those that are to be made.
    """

    keys: tuple[int, ...]
    stop: int
    frames: frozenset[int]


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
    count: int, painted: Sequence[int], cuts: Collection[int], wanted: frozenset[int]
) -> Iterator[Stretch]:
    """Yield the stretches of a clip in which a frame is wanted, in the order of time.

    Args:
        count: frames of the clip.
        painted: indices of the painted frames, ascending; each shot's first is among them.
        cuts: indices of the frames that begin a new shot.
        wanted: indices of the frames that are to be made.
    """
    starts = {*cuts, count}
    for key, following in pairwise((*painted, count)):
        frames = wanted.intersection(range(key + 1, following))
        if frames and following in starts:
            yield Stretch((key,), following, frames)
        elif frames:
            yield Stretch((key, following), following + 1, frames)


class Carrying:
    """Makes the frames of stretches, in the order of time; holds the source's frames of one stretch.

    Args:
        clip: the source.
        due: the stretches.
        between: makes the frames of a stretch.
        flows: measures optical flow.
        finished: where the painted frames are.
    """

    def __init__(
        self, clip: Clip, due: Sequence[Stretch], between: Between, flows: BothWays, finished: Finished
    ) -> None:
        self._due = deque(due)
        self._windows = _windows(clip, due)
        self._between = between
        self._flows = flows
        self._finished = finished

    def ready(self) -> Iterator[Carried]:
        """Yield the next frames, up to a stretch whose painted frames are not finished yet.

        Raises:
            MediaError: the clip ends before them.
            ImageError: a painted frame cannot be read.
        """
        while self._due and all(key in self._finished for key in self._due[0].keys):
            stretch, window = self._due.popleft(), next(self._windows)
            before, *after = map(self._finished.picture, stretch.keys)
            made = self._between(list(window.values()), before, after[0] if after else None, self._flows)
            for (index, source), frame in zip(islice(window.items(), 1, None), made, strict=False):
                if index in stretch.frames:
                    yield Carried(index, stretch.keys, source, frame)

    def close(self) -> None:
        """Stop decoding."""
        self._windows.close()


def _windows(clip: Clip, due: Sequence[Stretch]) -> Generator[dict[int, Frame], None, None]:
    """Yield for each stretch the source's frames of all of it, by index, in the order of time."""
    if not due:
        return
    begin = due[0].keys[0]
    window: dict[int, Frame] = {}
    with closing(decode.frames(clip, start=begin)) as frames:
        source = enumerate(frames, begin)
        for stretch in due:
            own = range(stretch.keys[0], stretch.stop)
            window = {index: frame for index, frame in window.items() if index in own}
            while own[-1] not in window:
                index, frame = next(source)
                if index in own:
                    window[index] = frame
            yield window
