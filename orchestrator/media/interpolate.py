"""Frames between painted ones, made from the source's motion instead of painted."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from orchestrator.media import flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_SPREAD = 12.0  # pixels over which the style around fills what nothing is known of
_LEAST = 1e-3  # weight of that filling: it counts only where no painted frame does


class Painted(NamedTuple):
    """A frame of the source, and what was painted of it: (H, W, 3) uint8 RGB each."""

    source: NDArray[np.uint8]
    result: NDArray[np.uint8]


class Between(NamedTuple):
    """Where a frame lies that is not painted.

    Attributes:
        before: index of the painted frame before it, of its shot.
        after: index of the painted frame after it, None where its shot ends before.
        position: 0 at `before`, 1 at `after`.
    """

    before: int
    after: int | None
    position: float


def chosen(count: int, every: int, cuts: Sequence[int]) -> tuple[int, ...]:
    """Return the frames to paint: each shot's first, and every Nth from there.

    Args:
        count: frames of the clip.
        every: N; 1 paints all.
        cuts: indices of the frames that begin a new shot, ascending.
    """
    bounds = (0, *cuts, count)
    return tuple(index for start, stop in pairwise(bounds) for index in range(start, stop, every))


def places(count: int, painted: Sequence[int], cuts: Sequence[int]) -> Iterator[tuple[int, Between]]:
    """Yield the frames that are not painted, each with its place.

    Args:
        count: frames of the clip.
        painted: indices of painted frames, ascending; each shot's first is among them.
        cuts: indices of the frames that begin a new shot.
    """
    starts, known = set(cuts), set(painted)
    for index in range(count):
        if index in known:
            continue
        at = bisect_right(painted, index)
        before, after = painted[at - 1], painted[at] if at < len(painted) else None
        if after is None or any(start in starts for start in range(index, after + 1)):
            yield index, Between(before, None, 0.0)
        else:
            yield index, Between(before, after, (index - before) / (after - before))


def between(
    now: NDArray[np.uint8], before: Painted, after: Painted | None, position: float
) -> NDArray[np.uint8]:
    """Return what a frame would look like painted, from the painted frames around it.

    What is carried is the style, painted minus source, along the optical flow of the source; so the frame
    keeps its own detail, and motion is never guessed. Each side counts by how near it is and where the flow
    can be trusted (Sundaram et al. 2010, as `flow.trust`); what neither side shows takes on the style of its
    surroundings.

    Args:
        now: the source's frame, (H, W, 3) uint8 RGB.
        before: the painted frame before it, of the same size.
        after: the one after it; None uses `before` alone.
        position: 0 at `before`, 1 at `after`.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    style, weight = _carried(now, before, 1 - position)
    if after is not None:
        other, counts = _carried(now, after, position)
        style, weight = style + other, weight + counts
    return styled(now, style, weight)


def styled(
    now: NDArray[np.uint8], style: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Return a frame with the style that was carried to it; where there is none, with the style around.

    Args:
        now: the source's frame, (H, W, 3) uint8 RGB.
        style: painted minus source, times its weight, (H, W, 3).
        weight: how much of it counts, (H, W), 0 or more.
    """
    filled = (style + _LEAST * _around(style, weight)) / (weight + _LEAST)[..., np.newaxis]
    result: NDArray[np.uint8] = np.rint(np.clip(now + filled, 0, 255)).astype(np.uint8)
    return result


def _carried(
    now: NDArray[np.uint8], anchor: Painted, nearness: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the anchor's style moved to this frame times its weight, and the weight."""
    backward, forward = flow.both_ways(now, anchor.source)
    weight = np.float32(nearness) * flow.confidence(backward, forward)
    style = flow.warp(anchor.result.astype(np.float32) - anchor.source, backward)
    return style * weight[..., np.newaxis], weight


def _around(style: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean style around each pixel, of what counts (normalized convolution)."""
    import cv2

    mean: NDArray[np.float32] = cv2.GaussianBlur(style, (0, 0), _SPREAD)
    counts = cv2.GaussianBlur(weight, (0, 0), _SPREAD)[..., np.newaxis]
    around: NDArray[np.float32] = mean / np.maximum(counts, np.float32(_LEAST))
    return around
