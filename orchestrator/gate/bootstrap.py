"""What a mean over clips may be, by drawing the clips anew.

The clip is what is drawn, never the frame: frames of one clip look alike, and so do their errors. Each clip
counts by the mean of its pictures, so drawing clips is the cluster bootstrap (Davison and Hinkley, Bootstrap
Methods and their Application, 1997, section 3.8). Percentiles alone are too narrow for few clips, by the
missing degree of freedom and by the normal tail; they are widened after Hesterberg (What Teachers Should Know
About the Bootstrap, The American Statistician 69, 2015: expanded percentile interval).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 99_999
_SEED = 20150401  # the draws are the same for everybody, so that the same figures give the same verdict


def resampled_means(values: NDArray[np.float64], resamples: int = RESAMPLES) -> NDArray[np.float64]:
    """Return the means of clips drawn with replacement, as often as there are clips.

    Args:
        values: (clips,) or (clips, k): k samples side by side, drawn alike.
        resamples: how often.

    Returns:
        (resamples,) or (resamples, k).
    """
    return np.asarray(_weights(len(values), resamples) @ values)


def interval(means: NDArray[np.float64], clips: int, confidence: float) -> tuple[float, float]:
    """Return the two-sided expanded percentile interval.

    Args:
        means: (resamples,) as `resampled_means` returns them.
        clips: how many clips there are, 2 at least.
        confidence: such as 0.95.
    """
    from scipy.stats import norm, t

    tail = norm.sf(np.sqrt(clips / (clips - 1)) * t.isf((1 - confidence) / 2, clips - 1))
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def p_above(means: NDArray[np.float64], clips: int, threshold: float) -> NDArray[np.float64]:
    """Return the one-sided p value of a mean above a threshold: where the expanded interval would end at it.

    Args:
        means: (resamples, ...) as `resampled_means` returns them.
        clips: how many clips there are, 2 at least.
        threshold: what the mean is compared with.
    """
    from scipy.stats import norm, t

    resamples = len(means)
    share = (1 + np.count_nonzero(means <= threshold, axis=0)) / (1 + resamples)
    return np.asarray(t.sf(np.sqrt((clips - 1) / clips) * norm.isf(share), clips - 1))


@lru_cache(4)
def _weights(clips: int, resamples: int) -> NDArray[np.float64]:
    """Return what share each clip has in each resample, (resamples, clips)."""
    drawn = np.random.default_rng(_SEED).multinomial(clips, np.full(clips, 1 / clips), size=resamples)
    return np.asarray(drawn / clips)
