"""What a mode of consistency is: a few pure functions, each of which is missing where nothing is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.stylization.consistency.between import filled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.flow import BothWays
    from orchestrator.stylization.consistency.carried import Motion
    from orchestrator.stylization.engine import Look
    from orchestrator.stylization.settings import ConsistencySettings

    Frame = NDArray[np.uint8]
    Keys = Callable[[Iterable[Frame], Collection[int], ConsistencySettings], Iterator[int]]
    Noise = Callable[[Look, int, ConsistencySettings], Look]
    Measure = Callable[[Frame, Frame, BothWays], Motion]
    Steady = Callable[[Frame, Frame, Frame, Motion, float], Frame]
    Between = Callable[[Sequence[Frame], Frame, Frame | None, BothWays], Iterator[Frame]]


@dataclass(frozen=True)
class Mode:
    """What is done beside painting each frame of a shot for itself, with one seed.

    All are deterministic, depend on nothing but their arguments, and see frames of one shot only; frames are
    (H, W, 3) uint8 RGB.

    Attributes:
        noise: the look of a frame, from the look of all and how many frames it is into its shot.
        keys: which frames are painted, from all source frames in order, the first frames of shots, and the
            settings: ascending, each shot's first among them. All are, without it.
        measure: the motion from the source's frame at the painted frame before to the source's frame now;
            from these and what measures optical flow.
        steady: what becomes of a painted frame; from it, the source's frame, the finished painted frame
            before, the motion measured, and the settings' `blend`.
        between: what becomes of frames that are not painted, in their order; from the source's frames, those
            of the painted ones beside them included, the finished painted frame before, the one after if the
            shot has one, and what measures optical flow.
        units: the payload preset whose units of ControlNet are added to a payload that has none which look at
            the frame painted before; none are, without it.
    """

    noise: Noise | None = None
    keys: Keys | None = None
    measure: Measure | None = None
    steady: Steady | None = None
    between: Between = filled
    units: str | None = None
