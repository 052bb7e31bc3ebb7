"""Matching one picture's colours to others'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_FLAT = 1e-6  # below this spread a channel has no variation that could be stretched


@dataclass(frozen=True)
class Statistics:
    """How colours are spread: mean and standard deviation of L*, a*, b*."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


def statistics(images: Iterable[NDArray[np.uint8]]) -> Statistics:
    """Return the statistics of all pixels of some pictures together, keeping one picture at a time.

    Args:
        images: (H, W, 3) uint8 RGB each, of any sizes; at least one.
    """
    count, total, squares = 0, np.zeros(3), np.zeros(3)
    for image in images:
        pixels = _lab(image).reshape(-1, 3).astype(np.float64)
        count += len(pixels)
        total += pixels.sum(axis=0)
        squares += np.square(pixels).sum(axis=0)
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0))
    return Statistics(_triple(mean), _triple(deviation))


def reinhard(image: NDArray[np.uint8], reference: Statistics) -> NDArray[np.uint8]:
    """Return `image` with the mean and spread of colours of `reference`.

    Reinhard et al.: "Color Transfer between Images", IEEE CG&A 2001, in CIELAB (D65) instead of the paper's
    logarithmic space, which has no place for black.

    Args:
        image: (H, W, 3) uint8 RGB.
        reference: the statistics to take on.
    """
    import cv2

    own = statistics([image])
    spread = np.asarray(own.deviation)
    stretch = np.where(spread > _FLAT, np.asarray(reference.deviation) / np.maximum(spread, _FLAT), 1.0)
    moved = (_lab(image) - np.asarray(own.mean)) * stretch + np.asarray(reference.mean)
    rgb = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
    result: NDArray[np.uint8] = np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    return result


def _lab(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    lab: NDArray[np.float32] = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return lab


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
