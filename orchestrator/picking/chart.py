"""Style gained against structure lost, as a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.picking.search import Ranked

WIDTH, HEIGHT = 640, 360
_EDGE = 44
_ROOM = 0.08  # beyond the outermost points, as a share of the span


@dataclass(frozen=True)
class Dot:
    """A candidate: its place in the ranking from 1, where it stands in pixels, and what to say of it."""

    place: int
    x: float
    y: float
    label: str
    complete: bool


@dataclass(frozen=True)
class Chart:
    """What is drawn.

    Attributes:
        dots: the candidates.
        origin: where no LoRA at all stands.
        front: the Pareto front, as an SVG polyline's points.
        lowest: structure lost and style gained at the lower left corner.
        highest: and at the upper right one.
    """

    dots: tuple[Dot, ...]
    origin: tuple[float, float]
    front: str
    lowest: tuple[float, float]
    highest: tuple[float, float]


def chart(ranked: Sequence[Ranked], probes: int) -> Chart:
    """Place candidates by structure lost, to the right, and style gained, upwards; (0, 0) is no LoRA.

    Args:
        ranked: the candidates, the best first.
        probes: on how many frames those were tried that were not dropped.
    """
    points = [(each.gain.lost, each.gain.style) for each in ranked]
    lowest, highest = zip(*(_span([0.0, *axis]) for axis in zip(*points, strict=True)), strict=True)

    def placed(point: tuple[float, float]) -> tuple[float, float]:
        x, y = ((value - low) / (high - low) for value, low, high in zip(point, lowest, highest, strict=True))
        return round(_EDGE + x * (WIDTH - 2 * _EDGE), 1), round(HEIGHT - _EDGE - y * (HEIGHT - 2 * _EDGE), 1)

    dots = tuple(
        Dot(place, *placed(point), str(each.candidate), len(each.gains) == probes)
        for place, (each, point) in enumerate(zip(ranked, points, strict=True), 1)
    )
    best = sorted(placed(point) for each, point in zip(ranked, points, strict=True) if each.on_front)
    return Chart(dots, placed((0.0, 0.0)), " ".join(f"{x},{y}" for x, y in best), lowest, highest)


def _span(values: Sequence[float]) -> tuple[float, float]:
    room = (max(values) - min(values)) * _ROOM or 1.0
    return min(values) - room, max(values) + room
