"""Pictures that change into one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def crossfaded(shares: Sequence[tuple[NDArray[np.uint8], float]]) -> NDArray[np.uint8]:
    """Return the mean of pictures, each counting by its weight; a single one comes back as it is.

    Args:
        shares: pictures of one shape, (H, W, 3) uint8, and their weights, which add up to 1.
    """
    if len(shares) == 1:
        return shares[0][0]
    total = sum(np.float32(weight) * picture for picture, weight in shares)
    mean: NDArray[np.uint8] = np.rint(total).astype(np.uint8)
    return mean
