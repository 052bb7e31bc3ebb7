from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Picture:
    """A picture taken into the training set.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, as large as its source has it.
        origin: what to call it in a message: a file, or a film's frame.
        caption: the line that came with it, if one did.
    """

    pixels: NDArray[np.uint8]
    origin: str
    caption: str | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]
