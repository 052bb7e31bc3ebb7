"""Rows of figures into figures per metric."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from orchestrator.artifacts import Measurements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, float | None]
"""One frame's figures by metric; None where a metric has no meaning, as motion has at a cut."""


def gathered(rows: Sequence[Row], sets: Mapping[str, float | None] | None = None) -> Measurements:
    """Turn the rows of all frames into figures per metric with their means.

    A metric that has no figure on any frame has no mean, unless it is one of all frames together.

    Args:
        rows: each frame's figures.
        sets: the figures of metrics that have one for all frames together.
    """
    names = rows[0] if rows else ()
    frames = {name: tuple(row[name] for row in rows) for name in names}
    known = {name: [value for value in column if value is not None] for name, column in frames.items()}
    means = {name: fmean(values) for name, values in known.items() if values}
    together = {name: value for name, value in (sets or {}).items() if value is not None}
    return Measurements(frames, {**means, **together})
