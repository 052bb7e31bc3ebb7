from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.timeline import Timeline


class Segmenter(Protocol):
    """Finds a region in a clip. The same frames give the same masks."""

    def __call__(self, frames: Iterable[NDArray[np.uint8]], /) -> Iterator[NDArray[np.float32]]:
        """Yield a mask for each frame, (H, W) float32 from 0, outside, to 1, inside.

        Args:
            frames: all of the clip, in the order of time, (H, W, 3) uint8 RGB each.

        Raises:
            MediaError, ImageError: a mask that should be there is not, or cannot be read.
            ModelFileError: a model is of another kind than the setting says.
        """


@dataclass(frozen=True)
class Scene:
    """What is known of a clip before its frames come.

    Attributes:
        timeline: when its frames are shown.
        first: the number of its first frame within the whole video.
        whole: how many frames the whole video has.
        names: of its frames, without suffix.
    """

    timeline: Timeline
    first: int
    whole: int
    names: tuple[str, ...]
