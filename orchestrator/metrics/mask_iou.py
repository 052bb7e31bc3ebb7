"""Whether masks move as the source does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from orchestrator.metrics.motion import Motion
    from orchestrator.metrics.region import Region

_HALF = 0.5


def mask_iou(motion: Motion, before: Region, now: Region) -> float | None:
    """Return the overlap of a mask with the one before it, moved along the source's motion.

    Intersection over union, among the pixels whose motion can be trusted. One minus it is how much masks
    flicker.

    Args:
        motion: of the source, from now to before.
        before: (H, W) bool.
        now: (H, W) bool.

    Returns:
        From 0 to 1, which masks have that move exactly as the source; None where both are empty.
    """
    moved = motion.bring(before.astype(np.float32)) >= _HALF
    union = (moved | now) & motion.trusted
    if not union.any():
        return None
    return float((moved & now & motion.trusted).sum() / union.sum())
