"""The table of scores in the terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.artifacts import Measurements


def table(measurements: Measurements) -> str:
    """Return each metric's mean, worst and best frame as text."""
    from rich.console import Console
    from rich.table import Table

    from orchestrator.metrics.table import METRICS

    rows = Table(box=None, pad_edge=False)
    for column in ("metric", "mean", "better", "worst frame", "best frame"):
        rows.add_column(column, justify="left" if column == "metric" else "right")
    for name, metric in METRICS.items():
        if name not in measurements.frames:
            continue
        values = measurements.frames[name]
        known = [(value, index) for index, value in enumerate(values) if value is not None]
        low, high = min(known, default=(0.0, 0)), max(known, default=(0.0, 0))
        worst, best = (low, high) if metric.better == "higher" else (high, low)
        mean = measurements.means.get(name)
        shown = "none" if mean is None else f"{mean:.3g}"
        rows.add_row(metric.label, shown, metric.better, str(worst[1]), str(best[1]))
    text = io.StringIO()
    Console(file=text, width=110).print(rows)
    return text.getvalue().rstrip()


def pairs_table(measurements: Measurements, names: Sequence[str]) -> str:
    """Return each pair's figures, and their means below, as text.

    Args:
        measurements: the figures.
        names: what the pairs are called.
    """
    from rich.console import Console
    from rich.table import Table

    rows = Table(box=None, pad_edge=False)
    for column in ("pair", *measurements.frames):
        rows.add_column(column, justify="left" if column == "pair" else "right")
    for name, values in zip(names, zip(*measurements.frames.values(), strict=True), strict=True):
        rows.add_row(name, *map(_shown, values))
    rows.add_row("mean", *(_shown(measurements.means.get(name)) for name in measurements.frames))
    text = io.StringIO()
    Console(file=text, width=110).print(rows)
    return text.getvalue().rstrip()


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"
