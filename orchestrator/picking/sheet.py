"""The contact sheet: a row for each candidate, a column for each probe, the same noise in all of them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from orchestrator.media.pictures import read, resize
from orchestrator.picking.search import Trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.picking.search import Ranked

    Frame = NDArray[np.uint8]

_WIDTH = 200  # pixels of a picture
_KEPT = 320  # pixels of width that are held of one, since hundreds are held at once
_GAP = 6
_MARGIN = 210  # for what a row is called
_HEAD = 24
_FONT = 13
_PAPER, _INK, _SOFT, _EMPTY = "#f7f5ef", "#1e1b15", "#686255", "#e9e5da"


@dataclass(frozen=True, eq=False)
class Row:
    """One row of pictures.

    Attributes:
        label: what it shows, in short lines.
        pictures: one for each probe, at most 320 pixels wide; None where none was painted.
    """

    label: str
    pictures: tuple[Frame | None, ...]


def rows(
    ranked: Sequence[Ranked], probes: Sequence[int], sources: Sequence[Frame], painted: Mapping[Trial, Path]
) -> list[Row]:
    """Return the source, the frames without a LoRA, and all candidates, the best first.

    Args:
        ranked: the candidates.
        probes: the frames' indices.
        sources: the frames.
        painted: where the painted ones lie.

    Raises:
        ImageError: one of these cannot be read.
    """
    plain = tuple(_small(read(painted[Trial(None, probe)])) for probe in probes)
    own = [Row(_label(each), _pictures(each, probes, painted)) for each in ranked]
    return [Row("source", tuple(map(_small, sources))), Row("no LoRA", plain), *own]


def contact_sheet(rows: Sequence[Row], probes: Sequence[int]) -> bytes:
    """Return rows of pictures as one PNG, each picture 200 pixels wide.

    Args:
        rows: of at least one picture, all of one size.
        probes: the index of each column's frame.
    """
    first = next(picture for picture in rows[0].pictures if picture is not None)
    height = max(1, round(_WIDTH * first.shape[0] / first.shape[1]))
    sheet = Image.new("RGB", _size(len(probes), len(rows), height), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_FONT)
    for column, probe in enumerate(probes):
        draw.text((_left(column), _GAP), f"frame {probe}", _SOFT, font)
    for place, row in enumerate(rows):
        top = _HEAD + place * (height + _GAP)
        draw.multiline_text((_GAP, top), row.label, _INK, font, spacing=3)
        for column, picture in enumerate(row.pictures):
            _put(sheet, picture, (_left(column), top), height)
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def _size(columns: int, rows: int, height: int) -> tuple[int, int]:
    return _left(columns), _HEAD + rows * (height + _GAP)


def _left(column: int) -> int:
    return _MARGIN + column * (_WIDTH + _GAP)


def _put(sheet: Image.Image, picture: Frame | None, place: tuple[int, int], height: int) -> None:
    if picture is None:
        sheet.paste(_EMPTY, (*place, place[0] + _WIDTH, place[1] + height))
        return
    sheet.paste(Image.fromarray(picture).resize((_WIDTH, height), Image.Resampling.LANCZOS), place)


def _pictures(each: Ranked, probes: Sequence[int], painted: Mapping[Trial, Path]) -> tuple[Frame | None, ...]:
    tried = len(each.gains)
    found = [_small(read(painted[Trial(each.candidate, probe)])) for probe in probes[:tried]]
    return (*found, *[None] * (len(probes) - tried))


def _small(picture: Frame) -> Frame:
    height, width = picture.shape[:2]
    share = min(1.0, _KEPT / width)
    return resize(picture, (round(share * width), max(1, round(share * height))))


def _label(each: Ranked) -> str:
    candidate = each.candidate
    return (
        f"{candidate.lora.name}\nweight {candidate.weight:g}, strength {candidate.strength:g}\n"
        f"objective {each.objective:+.3f}"
    )
