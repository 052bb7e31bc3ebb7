"""Regions described by a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.regions.shape import ramp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter
    from orchestrator.regions.settings import Colour, Hsv, HsvRange

_SOFT = 0.2  # of the distance, on either side, over which a mask goes from 1 to 0
_TURN = 360.0
_FADE = 5.0  # degrees or percent, over which the ends of a range fade


def colour(where: Colour, scene: Scene, /) -> Segmenter:
    """Find what is near to a colour in CIELAB."""
    del scene
    digits = bytes.fromhex(where.colour.removeprefix("#"))
    wanted = _lab(np.frombuffer(digits, np.uint8).reshape(1, 1, 3))
    return lambda frames: (_near(frame, wanted, where.within) for frame in frames)


def hsv(where: Hsv, scene: Scene, /) -> Segmenter:
    """Find what lies in ranges of hue, saturation and value."""
    del scene
    return lambda frames: (_in_range(frame, where.hsv) for frame in frames)


def _near(frame: NDArray[np.uint8], wanted: NDArray[np.float32], within: float) -> NDArray[np.float32]:
    distance = np.linalg.norm(_lab(frame) - wanted, axis=2)
    return 1 - ramp(distance.astype(np.float32), within * (1 - _SOFT), within * (1 + _SOFT))


def _in_range(frame: NDArray[np.uint8], ranges: HsvRange) -> NDArray[np.float32]:
    import cv2

    hue, saturation, value = cv2.split(cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2HSV))
    inside = _between(saturation * 100, *ranges.saturation) * _between(value * 100, *ranges.value)
    mask: NDArray[np.float32] = inside * _around(hue, *ranges.hue)
    return mask


def _between(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Return 1 between two ends, fading over a few units outside them."""
    return ramp(values, low - _FADE, low) * (1 - ramp(values, high, high + _FADE))


def _around(hue: NDArray[np.float32], start: float, end: float) -> NDArray[np.float32]:
    """Return 1 on the way round from `start` to `end`, in degrees."""
    if end - start >= _TURN:
        return np.ones_like(hue)
    width = (end - start) % _TURN
    middle = start + width / 2
    away = np.abs((hue - middle + _TURN / 2) % _TURN - _TURN / 2)
    return 1 - ramp(away.astype(np.float32), width / 2, width / 2 + _FADE)


def _lab(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    lab: NDArray[np.float32] = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return lab
