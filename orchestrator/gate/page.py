"""A comparison, and the history of a suite, each as one HTML file that needs no network."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.gate.trend import chart
from orchestrator.gate.wording import explanation, headline, interval, number, signed, verdict
from orchestrator.pages import templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

    from orchestrator.gate.data import Outcome, Point, Still
    from orchestrator.gate.scorer import Meaning

_HERE = Path(__file__).parent


def page(outcome: Outcome, stills: Sequence[Still], trend_page: str) -> str:
    """Return a comparison as HTML, with the pictures that became worse side by side.

    Args:
        outcome: the comparison.
        stills: the pictures, in the order to be shown.
        trend_page: address of the page of the suite's history, relative to this page.
    """
    style = (_HERE / "gate.css").read_text("utf-8")
    labels = {row.metric: row.meaning.label for row in outcome.rows}
    return (
        _templates()
        .get_template("page.html")
        .render(outcome=outcome, stills=stills, labels=labels, trend_page=trend_page, style=style)
    )


def trend(suite: str, meanings: Mapping[str, Meaning], points: Mapping[str, Sequence[Point]]) -> str:
    """Return how a suite's metrics went from version to version, as HTML.

    Args:
        suite: its name.
        meanings: of the metrics, in the order to be shown; those without points are left out.
        points: for each metric, the oldest first.
    """
    style = (_HERE / "gate.css").read_text("utf-8")
    metrics = [
        (meaning, points[name], chart(points[name])) for name, meaning in meanings.items() if name in points
    ]
    return _templates().get_template("trend.html").render(suite=suite, metrics=metrics, style=style)


@cache
def _templates() -> Environment:
    return templates(
        _HERE,
        number=number,
        signed=signed,
        interval=interval,
        explanation=explanation,
        headline=headline,
        verdict=verdict,
    )
