"""Warp error: how much a restyled video changes where the source only moves.

Lai et al.: "Learning Blind Video Temporal Consistency", ECCV 2018. Each result frame is compared with the
one before it, moved along the source's optical flow, where the source shows the same thing in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.metrics.motion import between
from orchestrator.metrics.region import mean_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.metrics.motion import Motion
    from orchestrator.metrics.region import Region

    Frame = NDArray[np.uint8]


def warp_error(source: tuple[Frame, Frame], result: tuple[Frame, Frame]) -> float | None:
    """Return the mean squared change along the motion, with colours from 0 to 1: 0 is no change at all.

    A flow that misses the motion shows as change too: read the figure beside that of another result of
    the same source, not alone.

    Args:
        source: frame t - 1 and frame t of the source, (H, W, 3) uint8; they tell the motion.
        result: the same frames of the result, of the same size.

    Returns:
        The mean over trusted pixels and channels, from 0 to 1; None where no pixel can be trusted.
    """
    return change_along(between(source[1], source[0])[0], *result)


def change_along(motion: Motion, before: Frame, now: Frame, region: Region | None = None) -> float | None:
    """Return the warp error along a known motion.

    Args:
        motion: of the source, from now to before.
        before: the result's earlier frame.
        now: its later one.
        region: (H, W) bool: the pixels of `now` that count.
    """
    change = now.astype(np.float64) - motion.bring(before)
    trusted = motion.trusted if region is None else motion.trusted & region
    return mean_in(np.square(change / 255), trusted)
