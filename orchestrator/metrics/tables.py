"""Measurements as the texts of `scores.json` and `scores.csv`."""

from __future__ import annotations

import csv
import io
import json
from math import inf
from typing import TYPE_CHECKING, Any

from orchestrator.metrics.table import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.artifacts import Measurements
    from orchestrator.metrics.table import MetricName

_DIGITS = 6  # significant ones; beyond them, figures differ between machines


def as_json(measurements: Measurements) -> str:
    """Return what each metric is, its mean, and its figure for each frame; null where it has none."""
    return json.dumps({"metrics": described(measurements)}, indent=1, ensure_ascii=False) + "\n"


def as_csv(measurements: Measurements, names: Sequence[str] = ()) -> str:
    """Return a table with a row per frame and a column per metric; empty where it has no figure.

    Args:
        measurements: the figures.
        names: what the frames are called; their numbers from 0 on if left out.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["frame", *measurements.frames])
    for index, row in enumerate(zip(*measurements.frames.values(), strict=True)):
        writer.writerow([names[index] if names else index, *(_rounded(value) for value in row)])
    return text.getvalue()


def described(measurements: Measurements) -> dict[str, Any]:
    """Return what each metric is and its figures, as JSON has them; what is infinite is the text `inf`."""
    return {name: _described(name, measurements) for name in METRICS if name in measurements.frames}


def _described(name: MetricName, measurements: Measurements) -> dict[str, Any]:
    metric = METRICS[name]
    return {
        "label": metric.label,
        "unit": metric.unit,
        "better": metric.better,
        "sees": metric.sees,
        "paper": metric.paper,
        "mean": _plain(measurements.means.get(name)),
        "frames": [_plain(value) for value in measurements.frames[name]],
    }


def _plain(value: float | None) -> float | str | None:
    """Return a figure as JSON can have it, which knows no infinity."""
    return "inf" if value == inf else _rounded(value)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
