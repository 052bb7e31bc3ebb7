"""The curve of a metric over versions, as positions in a box that the page stretches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.gate.data import Point

WIDTH, HEIGHT = 1000, 160
_MARGIN = 14  # room for the marks


@dataclass(frozen=True)
class Chart:
    """A drawn curve.

    Attributes:
        path: the `d` of an SVG path in a box of `WIDTH` x `HEIGHT`.
        marks: where each point lies, in their order.
        low: the value at the bottom.
        high: the value at the top.
    """

    path: str
    marks: tuple[tuple[float, float], ...]
    low: float
    high: float


def chart(points: Sequence[Point]) -> Chart:
    """Draw the means of versions, the oldest at the left; at least one point."""
    values = [point.value for point in points]
    low, high = min(values), max(values)
    step = (WIDTH - 2 * _MARGIN) / max(1, len(points) - 1)
    marks = tuple((round(_MARGIN + i * step, 1), _y(value, low, high)) for i, value in enumerate(values))
    return Chart("M" + "L".join(f"{x} {y}" for x, y in marks), marks, low, high)


def _y(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN), 1)
