"""One picture out of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def composite(
    base: NDArray[np.uint8], layers: Iterable[tuple[NDArray[np.uint8], NDArray[np.float32]]]
) -> NDArray[np.uint8]:
    """Return pictures laid over a base, the later ones over the earlier.

    Where a mask is 0, what lies beneath stays, bit for bit; where it is 1, the layer is taken so.

    Args:
        base: (H, W, 3) uint8 RGB: the source's frame, or a background plate.
        layers: each a picture, (H, W, 3) uint8, and its mask, (H, W) float32, 0 to 1.
    """
    result = base
    for picture, mask in layers:
        below = result.astype(np.float32)
        result = np.rint(below + mask[..., np.newaxis] * (picture - below)).astype(np.uint8)
    return result
