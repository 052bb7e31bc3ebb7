from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Inpainter(Protocol):
    """Paints holes of a picture."""

    def __call__(self, picture: NDArray[np.uint8], hole: NDArray[np.bool_], /) -> NDArray[np.uint8]:
        """Return the picture with its holes painted; all else is unchanged, bit for bit.

        Args:
            picture: (H, W, 3) uint8 RGB.
            hole: (H, W), true where it is to be painted.
        """
