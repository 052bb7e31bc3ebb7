"""Pictures side by side on one sheet, each with a line below that says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_GAP = 8  # pixels
_LINE = 20  # pixels of height
_TEXT = 13
_PAPER, _INK = "white", "black"


class Cell(NamedTuple):
    """A picture, (H, W, 3) uint8 RGB, and what stands below it."""

    picture: NDArray[np.uint8]
    label: str


def contact_sheet(
    rows: Sequence[Sequence[Cell | None]], *, width: int = 320, footer: str = ""
) -> NDArray[np.uint8]:
    """Return pictures as a table.

    Args:
        rows: the cells of each row; None leaves a place empty. All pictures have one shape.
        width: of a picture on the sheet at most, pixels.
        footer: a line below them all.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    shown = next(cell.picture for row in rows for cell in row if cell)
    size = _fitting(shown, width)
    columns = max(map(len, rows))
    whole = (
        _GAP + columns * (size[0] + _GAP),
        _GAP + len(rows) * (size[1] + _LINE + _GAP) + (_LINE if footer else 0),
    )
    sheet = Image.new("RGB", whole, _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_TEXT)
    for cell, left, top in _places(rows, size):
        picture = Image.fromarray(cell.picture).resize(size, Image.Resampling.LANCZOS)
        sheet.paste(picture, (left, top))
        draw.text((left, top + size[1] + 2), _cut(cell.label, size[0], font), _INK, font)
    draw.text((_GAP, whole[1] - _LINE), _cut(footer, whole[0] - 2 * _GAP, font), _INK, font)
    return np.asarray(sheet)


def _places(rows: Sequence[Sequence[Cell | None]], size: tuple[int, int]) -> Iterator[tuple[Cell, int, int]]:
    """Yield each cell with the left and top of its picture."""
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if cell is not None:
                yield cell, _GAP + x * (size[0] + _GAP), _GAP + y * (size[1] + _LINE + _GAP)


def _fitting(picture: NDArray[np.uint8], width: int) -> tuple[int, int]:
    height, own = picture.shape[:2]
    wide = min(width, own)
    return wide, max(1, round(height * wide / own))


def _cut(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return as much of a text as fits."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."
