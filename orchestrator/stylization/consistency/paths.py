"""Motion over several frames, composed of the motions from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.media import flow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Path:
    """The way from each pixel of a frame to its place in another.

    Attributes:
        flow: (H, W, 2) float32, pixels.
        trust: how far it can be relied on, (H, W), 0 to 1.
    """

    flow: NDArray[np.float32]
    trust: NDArray[np.float32]


def between(
    before: NDArray[np.uint8], now: NDArray[np.uint8], flows: flow.BothWays = flow.both_ways
) -> tuple[Path, Path]:
    """Return the path from a frame back to the one before it, and from that one forth to it."""
    back, forth = flows(now, before)
    return Path(back, flow.confidence(back, forth)), Path(forth, flow.confidence(forth, back))


def composed(steps: Iterable[Path]) -> Iterator[Path]:
    """Yield the path to one frame over one step, over two, and so on, from frames farther and farther away.

    Args:
        steps: the last one of them all first; each begins where the next one will end.
    """
    return accumulate(steps, lambda rest, step: then(step, rest))


def then(first: Path, rest: Path) -> Path:
    """Return the path over one part of the way and the rest; trusted where both parts are."""
    onward = flow.warp(rest.flow, first.flow)
    trust = first.trust * np.clip(flow.warp(rest.trust, first.flow), 0, 1)
    return Path(first.flow + onward, trust)
