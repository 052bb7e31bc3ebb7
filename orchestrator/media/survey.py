"""All that can be known of a video by looking at every frame once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from orchestrator.media import duplicates, letterbox, shots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.duplicates import Held
    from orchestrator.media.letterbox import Box, Light
    from orchestrator.media.shots import Shots


@dataclass(frozen=True)
class Survey:
    """What a video is like.

    Attributes:
        shots: how it is put together.
        repeats: for each frame the index of the earlier one, within its shot, that it repeats, or its own.
        picture: what lies within black bars; None where there are none.
    """

    shots: Shots
    repeats: tuple[int, ...]
    picture: Box | None

    def part(self, frames: range) -> Outline:
        """Return what it tells of a stretch of the video, whose first frame becomes frame 0."""
        cuts = tuple(cut - frames.start for cut in self.shots.cuts if cut in frames[1:])
        first: dict[int, int] = {}
        repeats = tuple(first.setdefault(self.repeats[index], place) for place, index in enumerate(frames))
        return Outline(cuts, repeats, self.picture)


class Outline(NamedTuple):
    """What painting heeds of a video.

    Attributes:
        cuts: indices of the frames that begin a new shot, but the first.
        repeats: for each frame the index of the earlier one that it repeats, or its own.
        picture: what lies within black bars; None where there are none.
    """

    cuts: tuple[int, ...]
    repeats: tuple[int, ...]
    picture: Box | None


def survey(frames: Iterable[NDArray[np.uint8]]) -> Survey:
    """Look at a video's frames, taken one by one: (H, W, 3) uint8 RGB, all of one size."""
    look = _Look()
    found = shots.find(look.through(frames))
    return Survey(found, duplicates.within(look.repeated, found.cuts), letterbox.picture(look.light))


class _Look:
    """Looks at frames that pass on their way to somebody else."""

    def __init__(self) -> None:
        self.repeated: list[int] = []
        self.light: Light | None = None
        self._held: Held | None = None

    def through(self, frames: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
        for index, frame in enumerate(frames):
            self._held = duplicates.held(frame, index, self._held)
            self.repeated.append(self._held.first)
            self.light = letterbox.lit(frame, self.light)
            yield frame
