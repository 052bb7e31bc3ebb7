"""How a source moves between two frames, and where that can be relied on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.media import flow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Motion:
    """From one frame to another of the same shot.

    Attributes:
        flow: (H, W, 2) float32: where in the other frame each pixel of the one lies, as by `flow.dense`.
        trusted: (H, W) bool: where the way there and back ends where it began.
    """

    flow: NDArray[np.float32]
    trusted: NDArray[np.bool_]

    def bring(self, other: NDArray[Any]) -> NDArray[Any]:
        """Return the other frame, or what belongs to it, moved onto the one."""
        return flow.warp(other, self.flow)


def between(one: Frame, other: Frame) -> tuple[Motion, Motion]:
    """Return the motion from one frame to another, and back. Both are (H, W, 3) uint8 RGB of one size."""
    there, back = flow.both_ways(one, other)
    return Motion(there, flow.trust(there, back)), Motion(back, flow.trust(back, there))
