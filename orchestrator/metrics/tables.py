"""Measurements as the texts of `scores.json` and `scores.csv`."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from orchestrator.metrics.table import METRICS

if TYPE_CHECKING:
    from orchestrator.artifacts import Measurements
    from orchestrator.metrics.table import MetricName

_DIGITS = 6  # significant ones; beyond them, figures differ between machines


def as_json(measurements: Measurements) -> str:
    """Return what each metric is, its mean, and its figure for each frame; null where it has none."""
    document = {name: _described(name, measurements) for name in METRICS if name in measurements.frames}
    return json.dumps({"metrics": document}, indent=1, ensure_ascii=False) + "\n"


def as_csv(measurements: Measurements) -> str:
    """Return a table with a row per frame and a column per metric; empty where it has no figure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["frame", *measurements.frames])
    for index, row in enumerate(zip(*measurements.frames.values(), strict=True)):
        writer.writerow([index, *(_rounded(value) for value in row)])
    return text.getvalue()


def _described(name: MetricName, measurements: Measurements) -> dict[str, Any]:
    metric = METRICS[name]
    return {
        "label": metric.label,
        "unit": metric.unit,
        "better": metric.better,
        "paper": metric.paper,
        "mean": _rounded(measurements.means.get(name)),
        "frames": [_rounded(value) for value in measurements.frames[name]],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
