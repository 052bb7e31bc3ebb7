"""A network that several metrics look through, so that it runs once a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Backbone, Layers
    from orchestrator.metrics.kept import KeptLayers

    Frame = NDArray[np.uint8]


class Looks(Protocol):
    """What sees something in pictures."""

    def look(self, frames: Sequence[Frame]) -> list[Layers]:
        """Return what is seen in some (H, W, 3) uint8 RGB pictures of one size."""

    def look_at_source(self, frames: Sequence[Frame]) -> list[Layers]:
        """Return the same for pictures that will be measured against again and again."""


@dataclass(frozen=True, eq=False)
class Sight:
    """A network and all layers that anybody asks for.

    Attributes:
        backbone: the network.
        taps: the numbers of the layers, ascending.
        kept: where the layers of source frames are kept between runs; None works them out each time.
    """

    backbone: Backbone
    taps: tuple[int, ...]
    kept: KeptLayers | None = None

    def look(self, frames: Sequence[Frame]) -> list[Layers]:
        """Return what the network sees in some (H, W, 3) uint8 RGB pictures of one size."""
        return self.backbone.look(frames, self.taps)

    def look_at_source(self, frames: Sequence[Frame]) -> list[Layers]:
        """Return the same for pictures that will be measured against again and again."""
        if self.kept is None:
            return self.look(frames)
        return [self.kept.of(frame, self._one) for frame in frames]

    def _one(self, frame: Frame) -> Layers:
        return self.look([frame])[0]
