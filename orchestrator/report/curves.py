"""Curves as SVG paths in a box that the page stretches to any width."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH, HEIGHT = 1000, 100
_MARGIN = 6  # so that lines at the edge are not cut in half


@dataclass(frozen=True)
class Curve:
    """A drawn curve.

    Attributes:
        path: the `d` of an SVG path in a box of `WIDTH` x `HEIGHT`, broken at missing and infinite values.
        low: the value at the bottom of the drawing.
        high: the value at its top.
        mean_y: the height of the mean; None without a finite one.
        dots: the `d` of an SVG path of points on the curve, to be drawn with a round pen.
    """

    path: str
    low: float
    high: float
    mean_y: float | None = None
    dots: str = ""


def curve(
    xs: Sequence[float],
    ys: Sequence[float | None],
    mean: float | None = None,
    marked: Iterable[int] = (),
) -> Curve | None:
    """Draw values over ascending positions; None if there is not a single finite one.

    Args:
        xs: the positions.
        ys: the values.
        mean: to be drawn beside them.
        marked: places in `ys` that get a dot.
    """
    finite = [y if y is not None and isfinite(y) else None for y in ys]
    known = [y for y in finite if y is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    commands = []
    pen_down = False
    for x, y in zip(xs, finite, strict=True):
        if y is not None:
            commands.append(f"{'L' if pen_down else 'M'}{_x(x, xs):.1f} {_y(y, low, high):.1f}")
        pen_down = y is not None
    mean_y = _y(mean, low, high) if mean is not None and isfinite(mean) else None
    dots = (f"M{_x(xs[i], xs):.1f} {_y(y, low, high):.1f}h0" for i in marked if (y := finite[i]) is not None)
    return Curve("".join(commands), low, high, mean_y, "".join(dots))


def _x(x: float, xs: Sequence[float]) -> float:
    return (x - xs[0]) / ((xs[-1] - xs[0]) or 1) * WIDTH


def _y(y: float, low: float, high: float) -> float:
    share = (y - low) / (high - low) if high > low else 0.5
    return HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN)
