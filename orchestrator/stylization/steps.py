"""What painting a frame needs, made ready ahead of it: the frame, and how it came from the one before."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.media import decode, pictures
from orchestrator.stylization.consistency import Motion, motion

if TYPE_CHECKING:
    from collections.abc import Collection, Generator

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip


@dataclass(frozen=True, eq=False)
class Step:
    """One frame that is still to be painted.

    Attributes:
        index: of the frame.
        init: what painting starts from: the source's frame at the work size.
        frame: the source's, (H, W, 3) uint8 RGB.
        begins_shot: whether it has nothing to do with the frame before.
        moved: how it came from the frame before; None where nothing is carried over.
    """

    index: int
    init: NDArray[np.uint8]
    frame: NDArray[np.uint8]
    begins_shot: bool
    moved: Motion | None


def steps(
    clip: Clip, indices: Collection[int], *, size: tuple[int, int], cuts: Collection[int], carry: bool
) -> Generator[Step, None, None]:
    """Yield what painting needs for the frames at `indices`, in the order of time.

    Args:
        clip: the source.
        indices: which frames.
        size: the work size, width and height.
        cuts: frames that begin a new shot.
        carry: whether motion is measured at all.

    Raises:
        MediaError: the clip ends before the last of them.
    """
    if not indices:
        return
    wanted = set(indices)
    begins = {0, *cuts}
    alone = begins if carry else wanted
    first, last = max(0, min(wanted) - 1), max(wanted)
    before: NDArray[np.uint8] | None = None
    with closing(decode.frames(clip, start=first)) as frames:
        for index, frame in enumerate(frames, first):
            if index in wanted:
                moved = None if before is None or index in alone else motion(before, frame)
                yield Step(index, pictures.resize(frame, size), frame, index in begins, moved)
            if index == last:
                return
            before = frame
