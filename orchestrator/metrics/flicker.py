"""Flicker: what alternates from frame to frame along the source's motion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.metrics.region import mean_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.metrics.motion import Motion
    from orchestrator.metrics.region import Region

    Frame = NDArray[np.uint8]


def flicker(
    back: Motion, ahead: Motion, frames: tuple[Frame, Frame, Frame], region: Region | None = None
) -> float | None:
    """Return the high-frequency energy of a result along the motion, with colours from 0 to 1.

    The middle frame's pixels are followed one frame back and one ahead, and each triple a, b, c goes through
    the high-pass filter (-a + 2b - c) / 4: nothing of what stays or changes steadily passes, all of what
    alternates from frame to frame does. The figure is the mean square of what passes.

    Args:
        back: of the source, from the middle frame to the first.
        ahead: of the source, from the middle frame to the last.
        frames: three neighbouring frames of the result, (H, W, 3) uint8.
        region: (H, W) bool: the pixels of the middle frame that count.

    Returns:
        The mean over pixels trusted both ways and over channels, from 0 to 0.25; None without any.
    """
    first, middle, last = frames
    passed = 2 * middle.astype(np.float64) - back.bring(first) - ahead.bring(last)
    trusted = back.trusted & ahead.trusted
    return mean_in(np.square(passed / (4 * 255)), trusted if region is None else trusted & region)
