"""How sure it is that figures differ by more, or by less, than a threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.gate import bootstrap, signed_ranks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FEWEST = 2  # clips: of one alone nothing is known of how clips differ


def p_above(
    values: NDArray[np.float64], threshold: float, *, resamples: int = bootstrap.RESAMPLES
) -> NDArray[np.float64]:
    """Return the one-sided p value of values that lie above a threshold.

    The larger one of two: of the bootstrap, which trusts the mean, and of Wilcoxon's signed ranks, which no
    single clip can sway. A claim must stand before both.

    Args:
        values: (clips,) or (clips, k): k samples side by side.
        threshold: what they are compared with.
        resamples: how often the bootstrap draws.

    Returns:
        () or (k,); 1 where there are fewer than two clips.
    """
    clips = len(values)
    if clips < _FEWEST:
        return np.ones(values.shape[1:])
    by_mean = bootstrap.p_above(bootstrap.resampled_means(values, resamples), clips, threshold)
    return np.asarray(np.maximum(by_mean, signed_ranks.p_positive(values - threshold)))


def p_below(
    values: NDArray[np.float64], threshold: float, *, resamples: int = bootstrap.RESAMPLES
) -> NDArray[np.float64]:
    """Return the one-sided p value of values that lie below a threshold; see `p_above`."""
    return p_above(-values, -threshold, resamples=resamples)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p values corrected for being several, in their order.

    Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979: the smallest is multiplied by their
    number, the next by one less, and so on; none may fall below the one before it, nor exceed 1.
    """
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    stepped = np.maximum.accumulate(np.asarray(p_values, np.float64)[order] * factors)
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(stepped, 1)
    return tuple(map(float, corrected))
