"""What painting needs, made ready ahead of it: the frame, and how it came from the one painted before it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.media import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.stylization.consistency.carried import Motion


@dataclass(frozen=True, eq=False)
class Step:
    """One frame that is still to be painted.

    Attributes:
        index: of the frame.
        init: what painting starts from, at the work size.
        frame: the source's, (H, W, 3) uint8 RGB.
        before: index of the painted frame before it in its shot; None for the first.
        moved: how it came from that one; None where nothing is carried over.
    """

    index: int
    init: NDArray[np.uint8]
    frame: NDArray[np.uint8]
    before: int | None = None
    moved: Motion | None = None


def steps(
    clip: Clip,
    todo: Collection[int],
    *,
    init: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    before: Mapping[int, int | None],
    measure: Callable[[NDArray[np.uint8], NDArray[np.uint8]], Motion] | None,
) -> Generator[Step, None, None]:
    """Yield what painting needs for some frames, in the order of time.

    Args:
        clip: the source.
        todo: indices of the frames.
        init: what painting starts from, from a frame of the source.
        before: for each frame that is painted at all, the painted one before it in its shot.
        measure: measures the motion between two painted frames, where it is needed.

    Raises:
        MediaError: the clip ends before the last of them.
    """
    if not todo:
        return
    wanted, first, last = set(todo), min(todo), max(todo)
    begin = before[first]
    earlier: NDArray[np.uint8] | None = None
    with closing(decode.frames(clip, start=first if begin is None else begin)) as frames:
        for index, frame in enumerate(frames, first if begin is None else begin):
            if index in wanted:
                carry = measure if before[index] is not None else None
                moved = carry(earlier, frame) if carry and earlier is not None else None
                yield Step(index, init(frame), frame, before[index], moved)
            if index == last:
                return
            earlier = frame if index in before else earlier
