"""How figures are spread."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.report.curves import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_BARS = 30


@dataclass(frozen=True)
class Distribution:
    """Some figures together.

    Attributes:
        low: the least.
        quarter: a quarter is below it.
        median: half is below it.
        three_quarters: three quarters are below it.
        high: the greatest.
        bars: the `d` of an SVG path with the bars of a histogram from `low` to `high`, in a box of
            `curves.WIDTH` x `curves.HEIGHT`; as many as the root of the number of figures, at most 30.
        most: how many figures the tallest bar stands for.
    """

    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float
    bars: str
    most: int


def distribution(values: Sequence[float]) -> Distribution | None:
    """Describe figures in any order; None if there is none."""
    if not values:
        return None
    low, quarter, median, three_quarters, high = np.quantile(values, (0, 0.25, 0.5, 0.75, 1)).tolist()
    counts = _counts(values, low, high)
    return Distribution(low, quarter, median, three_quarters, high, _bars(counts), max(counts))


def _counts(values: Sequence[float], low: float, high: float) -> list[int]:
    bins = min(ceil(sqrt(len(values))), _MOST_BARS) if high > low else 1
    counts = [0] * bins
    for value in values:
        counts[min(int((value - low) / ((high - low) or 1) * bins), bins - 1)] += 1
    return counts


def _bars(counts: Sequence[int]) -> str:
    width = WIDTH / len(counts)
    return "".join(
        f"M{place * width:.1f} {HEIGHT}V{HEIGHT * (1 - count / max(counts)):.1f}h{width:.1f}V{HEIGHT}z"
        for place, count in enumerate(counts)
    )
