"""Pictures larger than a model can paint, in overlapping tiles that join without a seam."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from orchestrator.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

MULTIPLE = 8  # pixels to one of a latent-diffusion model's latents


class Tile(NamedTuple):
    """A rectangle of a picture: columns `left` to `right - 1`, rows `top` to `bottom - 1`."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.right - self.left, self.bottom - self.top


def tiles(size: tuple[int, int], largest: int, overlap: int) -> tuple[Tile, ...]:
    """Return tiles of one size that cover a picture, row by row.

    Args:
        size: the picture's width and height, multiples of 8.
        largest: a tile's longest side; rounded down to a multiple of 8.
        overlap: pixels that neighbours share at least; rounded up to a multiple of 8.

    Raises:
        ProjectError: the overlap leaves nothing of a tile, or the size is no multiple of 8.
    """
    if any(side % MULTIPLE for side in size):
        raise ProjectError(
            f"{size[0]}x{size[1]} cannot be cut into tiles",
            remedy=f"Paint at a size whose sides are multiples of {MULTIPLE}.",
        )
    columns, rows = (_stretches(side, largest, overlap) for side in size)
    return tuple(Tile(left, top, right, bottom) for top, bottom in rows for left, right in columns)


def split(picture: NDArray[np.uint8], places: Iterable[Tile]) -> list[NDArray[np.uint8]]:
    """Return the pieces of a picture, (H, W, 3) uint8, as views."""
    return [picture[each.top : each.bottom, each.left : each.right] for each in places]


def joined(pieces: Iterable[NDArray[np.uint8]], places: Iterable[Tile]) -> NDArray[np.uint8]:
    """Return the picture of which these are pieces; pieces that were not changed give it back exactly.

    Where tiles overlap, each fades into its neighbour, so that what differs between them shows no edge.

    Args:
        pieces: (h, w, 3) uint8 RGB, one a tile, of the tile's size.
        places: the tiles, as `tiles` returns them.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    tiled = tuple(places)
    width, height = max(each.right for each in tiled), max(each.bottom for each in tiled)
    whole = np.zeros((height, width, 3))
    for piece, place, weight in zip(pieces, tiled, weights(tiled), strict=True):
        whole[place.top : place.bottom, place.left : place.right] += weight[..., np.newaxis] * piece
    result: NDArray[np.uint8] = np.rint(whole).astype(np.uint8)
    return result


def weights(places: Iterable[Tile]) -> list[NDArray[np.float64]]:
    """Return how much each tile counts at each of its pixels, (h, w) each: they sum to 1 everywhere."""
    tiled = tuple(places)
    columns = _shares(sorted({(each.left, each.right) for each in tiled}))
    rows = _shares(sorted({(each.top, each.bottom) for each in tiled}))
    return [np.outer(rows[each.top, each.bottom], columns[each.left, each.right]) for each in tiled]


def _stretches(side: int, largest: int, overlap: int) -> list[tuple[int, int]]:
    """Return the equally long stretches, evenly spread, that cover a side."""
    length = min(largest // MULTIPLE * MULTIPLE, side)
    shared = -(-overlap // MULTIPLE) * MULTIPLE
    if length == side:
        return [(0, side)]
    if length <= shared:
        raise ProjectError(
            f"tiles of {largest} pixels cannot overlap by {overlap}",
            remedy="Let them overlap by less than half of a tile.",
        )
    count = -(-(side - shared) // (length - shared))
    room = (side - length) // MULTIPLE
    starts = (index * room // (count - 1) * MULTIPLE for index in range(count))
    return [(start, start + length) for start in starts]


def _shares(stretches: list[tuple[int, int]]) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Return the weight of each stretch along it: rising from its start to its middle, and falling."""
    total = np.zeros(max(stop for _, stop in stretches))
    tents = {}
    for start, stop in stretches:
        length = stop - start
        distance = np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1)).astype(np.float64)
        tents[start, stop] = distance
        total[start:stop] += distance
    return {place: tent / total[slice(*place)] for place, tent in tents.items()}
