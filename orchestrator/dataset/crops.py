"""Which part of a picture becomes a training picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

CLOSEST = 0.45  # of the largest window: closer looks show a texture but no longer what it belongs to


@dataclass(frozen=True)
class Crop:
    """A window of a picture, in pixels from its top left corner."""

    left: int
    top: int
    width: int
    height: int

    def enlargement(self, size: tuple[int, int]) -> float:
        """Return how many times it is enlarged to become `size` (width, height); below 1 it is shrunk."""
        return size[0] / self.width


def largest(picture: tuple[int, int], size: tuple[int, int]) -> Crop:
    """Return the largest window of the shape of `size`, in the middle of the picture.

    Args:
        picture: its width and height in pixels.
        size: width and height of the training picture.
    """
    return _window(picture, size, closeness=1.0, across=0.5, down=0.5)


def closer(picture: tuple[int, int], size: tuple[int, int], random: np.random.Generator) -> Crop:
    """Return a random smaller window of the shape of `size`.

    It is as small as `CLOSEST` of the largest one, but never so small that it would have to be enlarged
    (further than the largest one already is): blown-up pixels would teach blur.
    """
    smallest = min(max(CLOSEST, largest(picture, size).enlargement(size)), 1.0)
    closeness, across, down = random.uniform(smallest, 1.0), random.uniform(), random.uniform()
    return _window(picture, size, closeness=closeness, across=across, down=down)


def _window(
    picture: tuple[int, int], size: tuple[int, int], *, closeness: float, across: float, down: float
) -> Crop:
    """Place a window; `across` and `down` run from 0 (left, top) to 1 (right, bottom)."""
    scale = closeness * min(picture[0] / size[0], picture[1] / size[1])
    width = min(max(round(size[0] * scale), 1), picture[0])
    height = min(max(round(size[1] * scale), 1), picture[1])
    left, top = round(across * (picture[0] - width)), round(down * (picture[1] - height))
    return Crop(left, top, width, height)
