"""KID: how far a set of pictures is from another set, by the features of a network.

Bińkowski, Sutherland, Arbel, Gretton: "Demystifying MMD GANs", ICLR 2018. There the network is Inception; a
figure by another network must name it, since the two cannot be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

_BLOCK = 1000  # the paper's size of the subsets whose figures are averaged; memory holds one
_FEWEST = 2


def mmd2(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the unbiased estimate of the squared maximum mean discrepancy of two sets of features.

    The kernel is (x·y / d + 1)³. Being unbiased, it is 0 on average for two samples of the same kind of
    picture, and may be below.

    Args:
        a: (N, d), N at least 2.
        b: (M, d), M at least 2.
    """
    within = sum(_mean_of_pairs(_kernel(each, each)) for each in (a, b))
    return float(within - 2 * _kernel(a, b).mean())


class Kid:
    """Gathers the features of a set one by one, and tells how far it is from another set.

    It is kept in blocks of 1000, so that memory is the same for any length; the figure is the mean of theirs.
    A last block of a single picture is left out.
    """

    def __init__(self, style: Sequence[Vector]) -> None:
        if len(style) < _FEWEST:
            raise ImageError(f"KID needs two style pictures or more, not {len(style)}")
        self._style = np.stack(style)
        self._block: list[Vector] = []
        self._figures: list[tuple[int, float]] = []

    def add(self, vector: Vector) -> None:
        """Take one more picture's features, (d,); those that are not numbers are left out."""
        if np.isfinite(vector).all():
            self._block.append(vector)
        if len(self._block) == _BLOCK:
            self._figures.append(self._of_block())
            self._block = []

    @property
    def figure(self) -> float | None:
        """The figure of all pictures so far; None for less than two."""
        figures = [*self._figures, self._of_block()] if len(self._block) >= _FEWEST else self._figures
        if not figures:
            return None
        return sum(count * value for count, value in figures) / sum(count for count, _ in figures)

    def _of_block(self) -> tuple[int, float]:
        return len(self._block), mmd2(np.stack(self._block), self._style)


def _kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel: NDArray[np.float64] = (a @ b.T / a.shape[1] + 1) ** 3
    return kernel


def _mean_of_pairs(kernel: NDArray[np.float64]) -> float:
    """Return the mean of a square matrix without its diagonal."""
    count = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))
