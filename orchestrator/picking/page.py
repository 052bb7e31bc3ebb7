"""What was picked, and from what, as one HTML file that needs no network."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from orchestrator.picking import chart

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.picking.search import Ranked
    from orchestrator.picking.sheet import Row

_HERE = Path(__file__).parent
_WIDTH = 320  # pixels of a picture, at most


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
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["webp"] = _webp
    return environment.get_template("page.html").render(
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


def _webp(picture: NDArray[np.uint8]) -> str:
    image = Image.fromarray(picture)
    image.thumbnail((_WIDTH, _WIDTH))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=85)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
