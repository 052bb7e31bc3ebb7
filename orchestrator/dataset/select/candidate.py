"""What selection knows of a picture: a few hundred bytes, so that a whole film's worth fits in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

LOOK_SIDE = 16


@dataclass(frozen=True)
class Candidate:
    """A picture that may be taken.

    Attributes:
        index: its place in the source, from 0.
        shot: the number of its shot, from 0; each picture of a folder is a shot of its own.
        sharpness: variance of the luma's Laplacian, in squared grey levels. Comparable only between
            pictures of the same things: a sharp sky has less of it than a blurred hedge.
        look: (LOOK_SIDE, LOOK_SIDE, 3) uint8, the picture's mean colours.
    """

    index: int
    shot: int
    sharpness: float
    look: NDArray[np.uint8]


class Rule(Protocol):
    """One reason to take a picture or to leave it."""

    def __call__(self, candidates: Sequence[Candidate], count: int, /) -> list[Candidate]:
        """Return those to go on with, still in order of index.

        Args:
            candidates: in order of index.
            count: how many will be taken in the end; a rule may leave more or fewer.
        """


def sharpness(picture: NDArray[np.uint8]) -> float:
    """Return the variance of the Laplacian of a picture's luma, in squared grey levels.

    The focus measure LAPV of Pertuz et al., "Analysis of focus measure operators for
    shape-from-focus" (2013). It depends on the picture's size: compare equal sizes only.
    """
    import cv2

    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(luma, cv2.CV_64F).var())


def look(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture's mean colours on a grid of (LOOK_SIDE, LOOK_SIDE, 3) uint8."""
    import cv2
    import numpy as np

    mean = cv2.resize(picture, (LOOK_SIDE, LOOK_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(mean, dtype=np.uint8)
