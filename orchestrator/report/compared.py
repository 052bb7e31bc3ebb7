"""The page for two rows of pictures that were measured against each other, without any project."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.pages import templates
from orchestrator.report.curves import Curve, curve
from orchestrator.report.distribution import Distribution, distribution
from orchestrator.report.render import number

if TYPE_CHECKING:
    from orchestrator.report.data import Figure

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Compared:
    """What the page says.

    Attributes:
        a: what was measured against.
        b: what was measured.
        names: what the pairs are called.
        figures: what was measured, in the order to be shown.
        notes: name and value of whatever else decides the figures, such as the region and the networks.
        remarks: what was done to the pictures first, one sentence each.
    """

    a: str
    b: str
    names: tuple[str, ...]
    figures: tuple[Figure, ...]
    notes: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def render_compared(data: Compared) -> str:
    """Return the page as HTML text: no script, nothing from a network, everything from `data` escaped."""
    template = templates(_HERE, number=number).get_template("compared.html")
    return template.render(
        data=data,
        figures=[(figure, *_drawn(figure)) for figure in data.figures],
        rows=list(zip(data.names, *(figure.values for figure in data.figures), strict=True)),
        style=(_HERE / "page.css").read_text("utf-8"),
    )


def _drawn(figure: Figure) -> tuple[Curve | None, Distribution | None]:
    """Draw a metric's figures; what is infinite has no place in a drawing."""
    finite = [value for value in figure.values if value is not None and isfinite(value)]
    return curve(range(len(figure.values)), figure.values, figure.mean), distribution(finite)
