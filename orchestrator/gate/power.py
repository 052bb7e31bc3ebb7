"""How many clips a verdict takes."""

from __future__ import annotations

from functools import cache
from itertools import count
from math import ceil, pi, sqrt

MOST = 10_000  # clips: beyond, the difference is as good as equal to the tolerance
_POWER = 0.8
_RANKS = pi / 3  # clips that Wilcoxon's ranks need for one of the t test, on normal figures (Noether, 1987)


@cache
def fewest(alpha: float) -> int:
    """Return with how many clips a one-sided p value of `alpha` can be reached at all.

    With n clips, ranks give no p value below 2^-n, and the bootstrap none below that of a mean that no
    resample crosses.
    """
    from scipy.stats import norm, t

    from orchestrator.gate.bootstrap import RESAMPLES

    farthest = norm.isf(1 / (1 + RESAMPLES))
    reached = (
        clips
        for clips in count(2)
        if max(0.5**clips, t.sf(sqrt((clips - 1) / clips) * farthest, clips - 1)) <= alpha
    )
    return next(reached)


def needed(margin: float, deviation: float, alpha: float) -> int | None:
    """Return how many clips show with a power of 80 % on which side of the tolerance a difference lies.

    Args:
        margin: how far the true mean lies from the tolerance, above 0.
        deviation: standard deviation between clips.
        alpha: one-sided error that is allowed.

    Returns:
        At least `fewest(alpha)`; None when `MOST` would not do.
    """
    import numpy as np
    from scipy.stats import t

    clips = np.arange(fewest(alpha), MOST + 1)
    if margin <= 0:
        return None
    spread = t.isf(alpha, clips - 1) + t.isf(1 - _POWER, clips - 1)
    enough = clips >= _RANKS * (spread * deviation / margin) ** 2
    return int(clips[enough.argmax()]) if enough.any() else None


def frames(clips: int, frames_so_far: int, clips_so_far: int) -> int:
    """Return how many frames so many more clips are, if they are as long as those there are."""
    return ceil(clips * frames_so_far / clips_so_far)
