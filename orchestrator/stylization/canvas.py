"""What of a frame is painted, and at which size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.media import letterbox, pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.letterbox import Box

    Frame = NDArray[np.uint8]

_MULTIPLE = 8  # pixels to one of the autoencoder's latents


@dataclass(frozen=True)
class Canvas:
    """The part of each frame within the black bars, scaled to what can be painted.

    Attributes:
        whole: width and height of a frame.
        picture: the part that is painted; all of it when None.
        wanted: width and height to paint at; the nearest to the part's own that can be painted when None.
    """

    whole: tuple[int, int]
    picture: Box | None = None
    wanted: tuple[int, int] | None = None

    @property
    def own(self) -> tuple[int, int]:
        """Width and height of the part that is painted."""
        if self.picture is None:
            return self.whole
        return self.picture.right - self.picture.left, self.picture.bottom - self.picture.top

    @property
    def size(self) -> tuple[int, int]:
        """Width and height to paint at."""
        return self.wanted or paintable(self.own)

    def init(self, frame: Frame) -> Frame:
        """Return what painting starts from, of the work size; from a frame, (H, W, 3) uint8 RGB."""
        return pictures.resize(letterbox.inside(frame, self.picture), self.size)

    def framed(self, painted: Frame, source: Frame) -> Frame:
        """Return what was painted at its place in the source's frame, of the frame's size."""
        fitting = pictures.resize(painted, self.own)
        return letterbox.framed(fitting, source, self.picture) if self.picture else fitting

    def within(self, frame: Frame, source: Frame) -> Frame:
        """Return a frame with the source's own bars."""
        if self.picture is None:
            return frame
        return letterbox.framed(letterbox.inside(frame, self.picture), source, self.picture)


def paintable(size: tuple[int, int]) -> tuple[int, int]:
    """Return a width and height with each side brought to the nearest multiple of 8; 8 at least."""
    width, height = (max(1, round(side / _MULTIPLE)) * _MULTIPLE for side in size)
    return width, height
