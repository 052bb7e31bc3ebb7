"""Colours that stay as the shot began: what painting does to them is the same in every frame.

The spread of colours in L*, a*, b* is matched as in Reinhard et al., "Color transfer between images" (IEEE
CG&A 2001). Matched to what, is this project's own: not to the anchor's colours, which would take away the
clouds that pass and the lamp that is lit in the source, but to the source's own, changed as they were in the
anchor. So the slow drift of a painter goes, and the scene's changes stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.media import colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 1.0  # of L*, a* and b*: a narrower spread is noise, and is not stretched


@dataclass(frozen=True)
class Tone:
    """What painting did to a frame's colours.

    Attributes:
        shift: by how much the means of L*, a*, b* went up.
        stretch: by what factor their standard deviations grew.
    """

    shift: tuple[float, float, float]
    stretch: tuple[float, float, float]


def tone(source: NDArray[np.uint8], result: NDArray[np.uint8]) -> Tone:
    """Return what became of the colours of a frame, (H, W, 3) uint8 RGB, in its result."""
    before, after = colour.statistics([source]), colour.statistics([result])
    stretch = np.maximum(after.deviation, _LEAST) / np.maximum(before.deviation, _LEAST)
    return Tone(_three(np.subtract(after.mean, before.mean)), _three(stretch))


def anchored(painted: NDArray[np.uint8], now: NDArray[np.uint8], anchor: Tone) -> NDArray[np.uint8]:
    """Return a painted frame with colours that differ from the source's as the anchor's do.

    Args:
        painted: (H, W, 3) uint8 RGB.
        now: the source's frame.
        anchor: the tone of the shot's first painted frame.
    """
    own = colour.statistics([now])
    wanted = colour.Statistics(
        _three(np.add(own.mean, anchor.shift)), _three(np.multiply(own.deviation, anchor.stretch))
    )
    return colour.reinhard(painted, wanted)


def _three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
