"""Whatever can paint pictures with a LoRA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Request:
    """One picture to paint over.

    Attributes:
        frame: what to start from, (H, W, 3) uint8 RGB, both sides multiples of 8.
        seed: of the noise, 0 to 2**32 - 1.
    """

    frame: Frame
    seed: int


class Answer(Protocol):
    """What came of it."""

    @property
    def picture(self) -> Frame:
        """The painted frame, of the frame's shape."""

    @property
    def told(self) -> str:
        """The painter's own account of how it was painted; an infotext, for a WebUI."""


@dataclass(frozen=True)
class Setup:
    """What a painter paints with, apart from the LoRA. Two sides are compared only if all of it is equal.

    Attributes:
        checkpoint: the base model's name and hash.
        sampler: as the server lists it.
        scheduler: of the noise; as the server lists it.
        steps: nominal steps.
        server: which program paints.
        version: of that program.
        others: all else that goes into a request, by name.
    """

    checkpoint: str
    sampler: str
    scheduler: str
    steps: int
    server: str
    version: str
    others: Mapping[str, str]


class Painter(Protocol):
    """Paints pictures, each for itself; the same LoRA, weight and request give the same picture."""

    @property
    def setup(self) -> Setup:
        """What it paints with."""

    def paint(self, lora: Path, weight: float, requests: Iterable[Request]) -> Generator[Answer, None, None]:
        """Yield what comes of each, in their order.

        Args:
            lora: the safetensors file; the painter makes sure that it acts, and that no other does.
            weight: how strongly it acts.
            requests: what to paint, of one size; as many as it likes may be taken ahead.

        Raises:
            OrchestrateError: it cannot, or did not do what was asked. Which subclass, tells why.
        """
