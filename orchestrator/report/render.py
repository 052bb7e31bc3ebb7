"""Turns a report's data into one HTML file that needs no network."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestrator.pages import templates
from orchestrator.report.curves import curve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from orchestrator.report.data import Figure, ReportData

_HERE = Path(__file__).parent
_THOUSAND = 1000


def render(data: ReportData) -> str:
    """Return the page as HTML text.

    Everything from `data` is escaped; the page's own policy lets no other script run and nothing be
    loaded from a network.
    """
    script = (_HERE / "page.js").read_text("utf-8")
    return (
        _templates()
        .get_template("page.html")
        .render(
            data=data,
            figures=[(figure, _drawn(figure)) for figure in data.figures],
            loss=curve([step for step, _ in data.losses], [loss for _, loss in data.losses]),
            live=_live(data),
            style=(_HERE / "page.css").read_text("utf-8"),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def as_yaml(settings: Mapping[str, Any]) -> str:
    """Return settings as YAML, in their own order."""
    return yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True)


def number(value: float | None) -> str:
    """Return a figure with three significant digits, or a dash if there is none."""
    if value is None:
        return "–"  # noqa: RUF001 - a dash is meant
    return f"{value:,.0f}" if abs(value) >= _THOUSAND else f"{value:#.3g}"


def duration(seconds: float) -> str:
    """Return a length of time as minutes and seconds, such as 0:10.00."""
    minutes, rest = divmod(round(seconds, 2), 60)
    return f"{minutes:.0f}:{rest:05.2f}"


@cache
def _templates() -> Environment:
    return templates(_HERE, number=number, duration=duration)


def _drawn(figure: Figure) -> Any:
    worst = [still.frame for still in figure.worst]
    return curve(range(len(figure.values)), figure.values, figure.mean, worst)


def _live(data: ReportData) -> dict[str, Any]:
    """Return what the page's script needs to know."""
    return {
        "fps": float(data.film.fps),
        "frames": data.film.frames,
        **({"times": data.film.times} if data.film.times else {}),
        "values": {
            figure.name: [None if value is None else number(value) for value in figure.values]
            for figure in data.figures
        },
    }
