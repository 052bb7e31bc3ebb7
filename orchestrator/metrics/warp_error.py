"""Warp error: how much a restyled video flickers where the source only moves.

Lai et al.: "Learning Blind Video Temporal Consistency", ECCV 2018. Each result frame is compared with the
one before it, moved along the source's optical flow, where the source shows the same thing in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.media import flow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]


def warp_error(source: tuple[Frame, Frame], result: tuple[Frame, Frame]) -> float | None:
    """Return the mean squared change along the motion, with colours from 0 to 1: 0 is no flicker at all.

    A flow that misses the motion shows as flicker too: read the figure beside that of another result of
    the same source, not alone.

    Args:
        source: frame t - 1 and frame t of the source, (H, W, 3) uint8; they tell the motion.
        result: the same frames of the result, of the same size.

    Returns:
        The mean over trusted pixels and channels, from 0 to 1; None where no pixel can be trusted.
    """
    before, now = source
    backward = flow.dense(now, before)
    trusted = flow.trust(backward, flow.dense(before, now))
    if not trusted.any():
        return None
    moved = flow.warp(result[0], backward)
    change = result[1].astype(np.float64) - moved
    return float(np.square(change[trusted] / 255).mean())
