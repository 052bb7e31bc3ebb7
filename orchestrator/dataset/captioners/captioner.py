from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.dataset.settings import CaptionSettings


class Captioner(Protocol):
    """Writes the caption of a training picture."""

    def __call__(self, picture: NDArray[np.uint8], settings: CaptionSettings, /) -> str:
        """Return one line that is not empty.

        Args:
            picture: (H, W, 3) uint8 RGB.
            settings: with the trigger word, which the line contains.
        """
