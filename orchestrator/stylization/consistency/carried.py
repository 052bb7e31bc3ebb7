"""Style that moves with the scene, instead of flickering over it.

Painting each frame for itself, even with one seed, puts the model's strokes at other places in each frame. As
in Ruder, Dosovitskiy and Brox, "Artistic style transfer for videos" (2016), the result of the frame before is
carried along the optical flow to where it belongs now, and used where the flow can be trusted: not where
something was uncovered, and never across a cut.

Two choices are this project's own, both measured (`benchmarks/consistency.py`):

- What is carried is the *style residual*, output minus source, and not the output. It is added to the new
  source frame, whose detail therefore never passes through a resampling twice.
- It is blended into what was painted, and not into what painting starts from. A painter adds its style to
  whatever it is given, so a blended start comes out styled twice, and after a second of video many times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.media import flow

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Motion:
    """How one frame came from an earlier one of its shot.

    Attributes:
        before: the earlier frame, (H, W, 3) uint8 RGB.
        backward: for each pixel of this frame the way to its place in the earlier one, (H, W, 2), pixels.
        trust: how far that can be relied on, (H, W), 0 (just uncovered) to 1.
    """

    before: NDArray[np.uint8]
    backward: NDArray[np.float32]
    trust: NDArray[np.float32]


def motion(
    before: NDArray[np.uint8], now: NDArray[np.uint8], flows: flow.BothWays = flow.both_ways
) -> Motion:
    """Measure the motion between two source frames of one size, (H, W, 3)."""
    backward, forward = flows(now, before)
    return Motion(before, backward, flow.confidence(backward, forward))


def steadied(
    painted: NDArray[np.uint8],
    now: NDArray[np.uint8],
    output_before: NDArray[np.uint8],
    moved: Motion,
    blend: float,
) -> NDArray[np.uint8]:
    """Return a painted frame with the style of an earlier frame carried over.

    Args:
        painted: this frame as painted for itself, (H, W, 3).
        now: this frame of the source.
        output_before: the finished earlier frame.
        moved: the motion between the two source frames.
        blend: 0 takes over nothing, 1 all that can be trusted.
    """
    import cv2

    # one array, worked on in place: fresh memory costs more than the arithmetic
    mixed = flow.warp(cv2.subtract(output_before, moved.before, dtype=cv2.CV_32F), moved.backward)
    np.clip(cv2.add(now, mixed, dst=mixed, dtype=cv2.CV_32F), 0, 255, out=mixed)
    cv2.subtract(mixed, painted, dst=mixed, dtype=cv2.CV_32F)
    mixed *= np.float32(blend) * moved.trust[..., np.newaxis]
    steady: NDArray[np.uint8] = cv2.add(painted, mixed, dtype=cv2.CV_8U)  # rounded
    return steady
