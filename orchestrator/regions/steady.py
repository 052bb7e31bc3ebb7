"""Masks that move with the scene, instead of flickering over it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.media import flow
from orchestrator.regions.network_input import resized
from orchestrator.regions.shape import ramp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]
    Mask = NDArray[np.float32]

_HALF = 0.5
_SIDE = 640  # pixels
_SAME_COLOUR = (8.0, 32.0)  # of 255, mean over the channels: no doubt below, no trust above


def carried(mask: Mask, before: Mask, backward: NDArray[np.float32], trust: Mask, weight: float) -> Mask:
    """Return a mask blended with the one before, fetched along the flow, where the flow can be trusted.

    Args:
        mask: of this frame as found in it alone, (H, W) float32, 0 to 1.
        before: of the frame before, steadied.
        backward: the flow from this frame to the frame before, (H, W, 2), pixels.
        trust: how far it can be relied on, (H, W), 0 to 1.
        weight: 0 takes over nothing, 1 all that can be trusted.

    Returns:
        (H, W) float32, 0 to 1.
    """
    moved = np.clip(flow.warp(before, backward), 0, 1)
    blended: Mask = (mask + np.float32(weight) * trust * (moved - mask)).astype(np.float32)
    return blended


def steadied(
    masks: Iterable[Mask], frames: Iterable[Frame], *, cuts: Collection[int], weight: float
) -> Iterator[Mask]:
    """Yield masks steadied along the motion of the frames, each shot for itself.

    Args:
        masks: one a frame, (H, W) float32, 0 to 1.
        frames: (H, W, 3) uint8 RGB each.
        cuts: frames that begin a new shot.
        weight: how much is carried over, 0 to 1.
    """
    last: tuple[Frame, Mask] | None = None
    for index, (mask, frame) in enumerate(zip(masks, frames, strict=True)):
        result = mask
        if weight and last is not None and index not in cuts:
            backward, trust = _motion(last[0], frame)
            result = carried(mask, last[1], backward, trust, weight)
        last = frame, result
        yield result


def _motion(before: Frame, now: Frame) -> tuple[NDArray[np.float32], Mask]:
    """Return the flow to the frame before, and where to trust it: there and back, and to the same colour.

    Over a flat surface a wrong flow may well lead back to where it began; its colour gives it away. Large
    frames are measured smaller: masks have no detail that would need more.
    """
    size = now.shape[1], now.shape[0]
    scale = min(1, _SIDE / max(size))
    small = max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)
    there, here = resized(before, small), resized(now, small)
    backward, forward = flow.both_ways(here, there)
    apart = np.abs(here.astype(np.float32) - flow.warp(there, backward)).mean(axis=2)
    trust = flow.confidence(backward, forward) * (1 - ramp(apart, *_SAME_COLOUR))
    stretch = np.divide(size, small, dtype=np.float32)
    return np.multiply(resized(backward, size), stretch, dtype=np.float32), resized(trust, size)


def overlap(before: Mask, now: Mask, backward: NDArray[np.float32]) -> float:
    """Return how far a mask is where the one before has moved to: intersection over union, 0 to 1.

    Inside is from a half on; two empty masks agree.

    Args:
        before: of the frame before, (H, W) float32.
        now: of this frame.
        backward: the flow from this frame to the frame before, (H, W, 2), pixels.
    """
    moved, inside = flow.warp(before, backward) >= _HALF, now >= _HALF
    union = np.count_nonzero(moved | inside)
    return np.count_nonzero(moved & inside) / union if union else 1.0


def overlaps(masks: Iterable[Mask], frames: Iterable[Frame], *, cuts: Collection[int]) -> list[float]:
    """Return `overlap` for each frame that is not the first of a shot."""
    pairs = enumerate(pairwise(zip(masks, frames, strict=True)), start=1)
    return [
        overlap(before, now, flow.dense(frame, frame_before))
        for index, ((before, frame_before), (now, frame)) in pairs
        if index not in cuts
    ]
