"""Frames that show what an earlier one shows already: held drawings, frozen video."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

# Held frames of three films, compressed again at CRF 18 to 28, differ by a median of 2 to 5; none that truly
# moves by less than 5.
_SAME = 4.0  # of 255: the largest difference of any block's mean colour
_BLOCK = 8  # pixels to a block's side: noise of compression averages out, the smallest motion does not


class Held(NamedTuple):
    """What stands on the screen.

    Attributes:
        first: the index of the frame that brought it.
        look: that frame in blocks, (H / 8, W / 8, 3) uint8.
    """

    first: int
    look: NDArray[np.uint8]


def held(frame: NDArray[np.uint8], index: int, before: Held | None) -> Held:
    """Return `before` where this frame repeats it, else this frame.

    It is compared with the frame that began the hold, not with the last one, so that slow motion adds up
    until it shows.

    Args:
        frame: (H, W, 3) uint8 RGB.
        index: its place in the video.
        before: what the frame before returned; None for the first.
    """
    look = _blocks(frame)
    return before if before and _apart(look, before.look) <= _SAME else Held(index, look)


def repeats(frames: Iterable[NDArray[np.uint8]]) -> Iterator[int]:
    """Yield for each frame the index of the earlier one that it repeats, or its own.

    Args:
        frames: (H, W, 3) uint8 RGB, in order, all of one size.
    """
    now = None
    for index, frame in enumerate(frames):
        now = held(frame, index, now)
        yield now.first


def within(repeated: Sequence[int], cuts: Sequence[int]) -> tuple[int, ...]:
    """Return the same where nothing is repeated across a cut: there the shot's first frame is.

    Args:
        repeated: as `repeats` yields them.
        cuts: indices of the frames that begin a new shot, ascending.
    """
    starts = (0, *cuts)
    return tuple(
        max(earlier, starts[bisect_right(starts, index) - 1]) for index, earlier in enumerate(repeated)
    )


def _apart(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    import cv2

    return float(cv2.absdiff(a, b).max())


def _blocks(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    height, width = frame.shape[:2]
    size = (max(width // _BLOCK, 1), max(height // _BLOCK, 1))
    blocks: NDArray[np.uint8] = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return blocks
