"""Regions from pictures of masks."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from orchestrator.errors import ImageError
from orchestrator.media.filmstrip import filmstrip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.metrics.region import Region

_BRIGHT = 128


def regions(mask: Path | None, side: Literal["inside", "outside"], count: int) -> Iterator[Region | None]:
    """Yield which pixels count in each of `count` frames, each mask at its own size; None for all pixels.

    Args:
        mask: a picture for all frames, or a folder or video with as many; bright pixels (mean of RGB at least
            128) are inside.
        side: which pixels count.
        count: how many frames there are.

    Raises:
        ImageError: the number of masks differs.
    """
    if mask is None:
        return repeat(None, count)
    masks = filmstrip(mask)
    if masks.count not in {1, count}:
        raise ImageError(
            f"there are {masks.count} masks for {count} frames",
            where=str(mask),
            remedy="Name one mask for all frames, or as many as there are frames.",
        )
    if masks.count == 1:
        return repeat(_region(next(masks.frames()), side), count)
    return (_region(picture, side) for picture in masks.frames())


def fitted(region: Region | None, frame: NDArray[np.uint8]) -> Region | None:
    """Return a region at a frame's size, taking the nearest pixel."""
    if region is None or region.shape == frame.shape[:2]:
        return region
    size = frame.shape[1::-1]
    scaled = cv2.resize(region.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(scaled, bool)


def _region(picture: NDArray[np.uint8], side: Literal["inside", "outside"]) -> Region:
    bright: Region = picture.mean(axis=2) >= _BRIGHT
    return bright if side == "inside" else ~bright
