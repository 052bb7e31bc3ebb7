"""Whatever can measure the pictures of a clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Meaning:
    """What a figure means.

    Attributes:
        label: its name for people, with net and version where it has them.
        unit: what one unit of it is; empty for an index that has none.
        better: which direction is the better one.
    """

    label: str
    unit: str
    better: Better


class Scorer(Protocol):
    """Measures; the same pictures get the same figures."""

    @property
    def metrics(self) -> Mapping[str, Meaning]:
        """What it measures, in the order to be shown."""

    @property
    def version(self) -> str:
        """What decides its figures besides the pictures: networks, their weights, the style; as a digest."""

    def score(
        self, source: Sequence[Frame], painted: Sequence[Frame]
    ) -> Mapping[str, Sequence[float | None]]:
        """Return for each metric the figure of each frame, or None where it has none.

        Args:
            source: the frames of one clip in order, (H, W, 3) uint8 RGB.
            painted: what was painted over them, of the same number and shape.

        Raises:
            OrchestrateError: it cannot. Which subclass, tells why.
        """
