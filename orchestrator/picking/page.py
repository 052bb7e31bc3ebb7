"""What was picked, and from what, as one HTML file that needs no network."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.media.pictures import thumbnail
from orchestrator.pages import templates
from orchestrator.picking import chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.picking.search import Ranked
    from orchestrator.picking.sheet import Row

_HERE = Path(__file__).parent
_PICTURE = (320, 320)  # pixels, at most


def page(
    title: str,
    ranked: Sequence[Ranked],
    probes: Sequence[int],
    rows: Sequence[Row],
    *,
    strength: float,
    price: float,
    settings: str,
) -> str:
    """Return the page as HTML text: no script, and everything from its arguments escaped.

    Args:
        title: the project's name.
        ranked: the candidates, the best first.
        probes: the frames' indices.
        rows: the contact sheet: source, no LoRA, candidates.
        strength: what is painted anew without a LoRA.
        price: what structure costs.
        settings: what to write into project.yaml.
    """
    template = templates(_HERE, small=partial(thumbnail, most=_PICTURE)).get_template("page.html")
    return template.render(
        title=title,
        ranked=ranked,
        probes=probes,
        rows=rows,
        strength=strength,
        price=price,
        settings=settings,
        chart=chart.chart(ranked, len(probes)),
        drawing=(chart.WIDTH, chart.HEIGHT),
        style=(_HERE / "page.css").read_text("utf-8"),
    )
