"""The frames between two painted ones, made of their style instead of painted.

As in Ruder, Dosovitskiy and Brox, "Artistic style transfer for videos" (2016), style is carried along the
optical flow, and as in Jamriška et al., "Stylizing video by example" (SIGGRAPH 2019), from the painted frames
on both sides. What is carried is the style, painted minus source, so that a frame keeps the detail of its own
source. Each side counts by how near it is, and where it can be trusted.

Motion is composed of the motions from frame to frame: it is found where a single flow over many frames would
miss it, and neighbouring frames are carried along one path, so that nothing jitters between them. The style
is fetched from the painted frame once, and not blurred by being passed on.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from orchestrator.media import flow
from orchestrator.stylization.consistency.paths import between, composed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from orchestrator.stylization.consistency.paths import Path

    Frame = NDArray[np.uint8]

_SPREAD = 12.0  # pixels over which the style around fills what nothing is known of
_LEAST = 1e-3  # weight of that filling: it counts only where no painted frame does


def filled(
    frames: Sequence[Frame], before: Frame, after: Frame | None, flows: flow.BothWays = flow.both_ways
) -> Iterator[Frame]:
    """Yield what the frames between painted ones would look like painted.

    Holds two flows for each of them.

    Args:
        frames: the source's, (H, W, 3) uint8 RGB each: the one that `before` was painted of, those between,
            and the one that `after` was painted of; without that one, those to the end of the shot.
        before: the painted frame before them.
        after: the painted frame after them; None uses `before` alone.
        flows: measures motion.

    Yields:
        (H, W, 3) uint8 RGB each.
    """
    moves = [between(then, now, flows) for then, now in pairwise(frames)]
    onward = composed(back for back, _ in moves)
    sides = [_Side(before.astype(np.float32) - frames[0], list(onward))]
    inner, span = frames[1:], len(frames)
    if after is not None:
        homeward = composed(forth for _, forth in reversed(moves))
        sides.append(_Side(after.astype(np.float32) - frames[-1], list(homeward)[-2::-1]))
        inner, span = frames[1:-1], len(frames) - 1
    for index, now in enumerate(inner):
        place = (index + 1) / span
        shares = [side.carried(index, near) for side, near in zip(sides, (1 - place, place), strict=False)]
        style, weight = (np.sum(each, axis=0) for each in zip(*shares, strict=True))
        yield _styled(now, style, weight)


class _Side(NamedTuple):
    """A painted frame's style, and the paths to it from the frames beside it."""

    style: NDArray[np.float32]
    paths: Sequence[Path]

    def carried(self, index: int, nearness: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the style moved to a frame times its weight, and the weight."""
        path = self.paths[index]
        weight = np.float32(nearness) * path.trust
        return flow.warp(self.style, path.flow) * weight[..., np.newaxis], weight


def _styled(
    now: NDArray[np.uint8], style: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Return a frame with the style that was carried to it; where there is none, with the style around.

    Args:
        now: the source's frame, (H, W, 3) uint8 RGB.
        style: painted minus source, times its weight, (H, W, 3).
        weight: how much of it counts, (H, W), 0 or more.
    """
    whole = (style + _LEAST * _around(style, weight)) / (weight + _LEAST)[..., np.newaxis]
    result: NDArray[np.uint8] = np.rint(np.clip(now + whole, 0, 255)).astype(np.uint8)
    return result


def _around(style: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean style around each pixel, of what counts (normalized convolution)."""
    import cv2

    mean: NDArray[np.float32] = cv2.GaussianBlur(style, (0, 0), _SPREAD)
    counts = cv2.GaussianBlur(weight, (0, 0), _SPREAD)[..., np.newaxis]
    around: NDArray[np.float32] = mean / np.maximum(counts, np.float32(_LEAST))
    return around
