"""Wilcoxon's signed ranks (Individual Comparisons by Ranking Methods, Biometrics Bulletin 1, 1945), exactly.

scipy's is exact as well while no two differences are equal. Here equal ones are common, since a LoRA is often
compared with itself. Then scipy counts every flip of signs one by one, which takes seconds; and beyond 13
values it approximates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def p_positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the one-sided p value of values that tend to be above 0.

    Equal sizes share the mean of their ranks. Zeros are ranked and then left out (Pratt, Remarks on Zeros and
    Ties in the Wilcoxon Signed Rank Procedures, 1959).

    Args:
        values: (clips,) or (clips, k): k samples side by side.

    Returns:
        () or (k,).
    """
    return np.apply_along_axis(_p_positive, 0, values)


def _p_positive(sample: NDArray[np.float64]) -> float:
    from scipy.stats import rankdata

    doubled = np.rint(2 * rankdata(np.abs(sample))).astype(int)  # a mean of ranks may end in a half
    return float(_sums(doubled[sample != 0])[doubled[sample > 0].sum() :].sum())


def _sums(ranks: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return how probable each sum is, from 0 on, when each rank is in it or not by the toss of a coin."""
    probabilities = np.zeros(ranks.sum() + 1)
    probabilities[0] = 1
    for rank in ranks:
        without = probabilities / 2
        probabilities = without.copy()
        probabilities[rank:] += without[:-rank]
    return probabilities
