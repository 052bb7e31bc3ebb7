"""Reading pictures while they are being made."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from orchestrator.errors import ImageError
from orchestrator.media.pictures import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.artifacts import FrameSequence

_PAUSE = 0.05  # seconds between two looks; painting a frame takes far longer


def following(frames: FrameSequence, ended: Callable[[], bool]) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of a sequence in order, each as soon as it is there; wait for those that are not.

    A picture that is there is whole: `write_png` renames it into its place.

    Args:
        frames: where the pictures come to lie, and how many there will be.
        ended: whether their maker has ended, well or not.

    Yields:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: their maker has ended without one of them, or one cannot be read.
    """
    for index in range(frames.count):
        path = frames.path(index)
        while not path.exists():
            over = ended()  # asked before looking again: the last picture may come right before the end
            if over and not path.exists():
                raise ImageError(
                    f"frame {index} never came; {frames.count} were to be made", where=str(frames.folder)
                )
            time.sleep(_PAUSE)
        yield read(path)
