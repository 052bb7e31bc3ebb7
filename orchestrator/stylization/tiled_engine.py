"""Frames larger than a model can paint, painted in tiles."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from itertools import islice
from math import gcd
from typing import TYPE_CHECKING

from orchestrator.media import tiles
from orchestrator.stylization.engine import Painted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from orchestrator.stylization.engine import Engine, Paint


class TiledEngine:
    """An engine that has another one paint the tiles of each picture, and joins them without a seam.

    Tiles go to the other engine in one row, so that it may paint those of several pictures together.

    Args:
        inner: what paints the tiles.
        size: width and height of the pictures, multiples of 8.
        largest: a tile's longest side, pixels.
        overlap: pixels that neighbours share at least.

    Raises:
        ProjectError: tiles cannot overlap like that.
    """

    def __init__(self, inner: Engine, size: tuple[int, int], *, largest: int, overlap: int) -> None:
        self._inner = inner
        self._places = tiles.tiles(size, largest, overlap)
        # so many pictures that their tiles fill whole batches of the other engine
        self.batch = inner.batch // gcd(inner.batch, len(self._places))
        self.looks_back = inner.looks_back

    def paint(self, paints: Iterable[Paint]) -> Generator[Painted, None, None]:
        """Paint pictures; each one's account is that of its first tile. Raises as the other engine does."""
        with closing(self._inner.paint(self._pieces(paints))) as answers:
            while row := list(islice(answers, len(self._places))):
                picture = tiles.joined((piece.picture for piece in row), self._places)
                yield Painted(picture, row[0].told)

    def _pieces(self, paints: Iterable[Paint]) -> Iterator[Paint]:
        for paint in paints:
            inits = tiles.split(paint.init, self._places)
            before = paint.previous
            previous = [None] * len(inits) if before is None else tiles.split(before, self._places)
            for init, looked_at in zip(inits, previous, strict=True):
                yield replace(paint, init=init, previous=looked_at)
