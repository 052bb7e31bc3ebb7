"""Flicker taken out of frames that are restyled already, by whatever program.

As in Lang et al., "Practical temporal consistency for image-based graphics applications" (SIGGRAPH 2012),
each frame is averaged with its neighbours along the paths of the motion. What is averaged is the style,
result minus source, so that the source's own detail is no part of it and nothing of the scene is smeared.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from orchestrator.media import flow
from orchestrator.stylization.consistency.paths import between, then

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from orchestrator.stylization.consistency.paths import Path

    Frame = NDArray[np.uint8]


class _Seen(NamedTuple):
    """A frame of the source, its style, and the paths back to the frame before it and forth from that one."""

    source: Frame
    style: NDArray[np.float32]
    back: Path | None
    forth: Path | None


def deflickered(
    frames: Iterable[tuple[Frame, Frame]], cuts: Sequence[int], *, reach: int = 2
) -> Iterator[Frame]:
    """Yield results without their flicker; `2 reach + 1` frames and the motion between them are held.

    Args:
        frames: each frame of the source and its result, (H, W, 3) uint8 RGB of one size, in order.
        cuts: indices of the frames that begin a new shot, ascending; nothing is averaged across them.
        reach: how many frames before and after count, the less the farther away they are.

    Yields:
        (H, W, 3) uint8 RGB each.
    """
    for _, shot in groupby(enumerate(frames), lambda each: bisect_right(cuts, each[0])):
        yield from _of_shot((pair for _, pair in shot), reach)


def _of_shot(frames: Iterable[tuple[Frame, Frame]], reach: int) -> Iterator[Frame]:
    window: deque[_Seen] = deque(maxlen=2 * reach + 1)
    for source, result in frames:
        back, forth = between(window[-1].source, source) if window else (None, None)
        window.append(_Seen(source, result.astype(np.float32) - source, back, forth))
        if len(window) > reach:
            yield _averaged(list(window), len(window) - 1 - reach, reach)
    for place in range(max(len(window) - reach, 0), len(window)):
        yield _averaged(list(window), place, reach)


def _averaged(window: Sequence[_Seen], place: int, reach: int) -> Frame:
    """Return the frame at a place of the window in the mean style of those around it."""
    later = accumulate((seen.forth for seen in window[place + 1 :] if seen.forth), then)
    earlier = accumulate((seen.back for seen in window[place:0:-1] if seen.back), then)
    now = window[place]
    style, weight = now.style.copy(), np.ones(now.style.shape[:2], np.float32)
    for paths, others in ((later, window[place + 1 :]), (earlier, window[:place][::-1])):
        for far, (path, other) in enumerate(zip(paths, others, strict=True), 1):
            if far <= reach:
                counts = np.float32(1 - far / (reach + 1)) * path.trust
                style += counts[..., np.newaxis] * flow.warp(other.style, path.flow)
                weight += counts
    mean = now.source + style / weight[..., np.newaxis]
    frame: Frame = np.rint(np.clip(mean, 0, 255)).astype(np.uint8)
    return frame
