"""Whatever can paint one picture over. An engine knows nothing of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Look:
    """How a picture is to be painted.

    Attributes:
        prompt: what to paint.
        negative_prompt: what to avoid.
        seed: of the noise.
        strength: 0 keeps the picture, 1 forgets it.
        lora_weight: how strongly the LoRA acts; 0 leaves it out.
        subseed: of a second noise; None for none.
        subseed_strength: the share of the second noise, 0 to 1.
        steps: nominal steps; the engine's own number when None.
        cfg_scale: how strictly the prompt is followed; the engine's own when None.
        control_weights: of ControlNet's units in their order, as far as they are not the engine's own.
    """

    prompt: str
    negative_prompt: str
    seed: int
    strength: float
    lora_weight: float
    subseed: int | None = None
    subseed_strength: float = 0.0
    steps: int | None = None
    cfg_scale: float | None = None
    control_weights: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Paint:
    """One picture to paint over.

    Attributes:
        init: what to start from, (H, W, 3) uint8 RGB, both sides multiples of 8.
        look: how to paint it.
        previous: the finished picture before it, of the init's shape, for engines that look back.
    """

    init: NDArray[np.uint8]
    look: Look
    previous: NDArray[np.uint8] | None = None


@dataclass(frozen=True, eq=False)
class Painted:
    """What came of it.

    Attributes:
        picture: of the init's shape.
        told: the engine's own account of how it was painted; an infotext, for a WebUI.
    """

    picture: NDArray[np.uint8]
    told: str


class Engine(Protocol):
    """Paints pictures; the same request gives the same picture."""

    @property
    def batch(self) -> int:
        """How many pictures in a row are painted together, and so may differ in their last bits if alone."""

    @property
    def looks_back(self) -> bool:
        """Whether a picture depends on the finished one before it.

        Then `paint` takes the next only when it is asked for what came of that.
        """

    def paint(self, paints: Iterable[Paint]) -> Generator[Painted, None, None]:
        """Yield what comes of each, in their order; as many as it likes are asked for ahead.

        Raises:
            OrchestrateError: it cannot, or did not do what was asked. Which subclass, tells why.
        """
