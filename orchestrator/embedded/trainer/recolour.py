"""Copies of a picture as another film stock, another light or another screen might show it.

The scene's shapes stay where they are; hue, saturation, balance, contrast, grain and sharpness change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Values = NDArray[np.float64]

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_TURNED, _GRAINY, _SHARPENED = 0.4, 0.3, 0.3  # the shares of copies that get each


def recoloured(picture: Picture, random: np.random.Generator) -> Picture:
    """Return a copy of an (H, W, 3) uint8 RGB picture in other colours and another texture."""
    turned = _turned(picture, random.uniform(0, 180)) if random.random() < _TURNED else picture
    values = turned / 255
    for change in (_resaturated, _rebalanced, _recontrasted, _retextured):
        values = change(values, random)
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)


def _turned(picture: Picture, by: float) -> Picture:
    """Turn all hues by `by` of 180 steps around the colour circle."""
    import cv2

    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = ((hsv[..., 0] + by) % 180).astype(np.uint8)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)


def _resaturated(values: Values, random: np.random.Generator) -> Values:
    """Take all, much, or little of the saturation away, each as often."""
    kept = float(random.choice([0.0, random.uniform(0, 0.5), random.uniform(0.4, 1.1)]))
    grey = np.asarray(values @ np.asarray(_LUMA))[..., None]
    return np.asarray(grey + kept * (values - grey))


def _rebalanced(values: Values, random: np.random.Generator) -> Values:
    return np.asarray(values * random.uniform(0.8, 1.2, 3))


def _recontrasted(values: Values, random: np.random.Generator) -> Values:
    curved = np.clip(values, 0, 1) ** random.uniform(0.55, 1.5)
    return np.asarray(0.5 + (curved - 0.5) * random.uniform(0.6, 1.3) + random.uniform(-0.1, 0.1))


def _retextured(values: Values, random: np.random.Generator) -> Values:
    """Add grain, or sharpen, or leave as it is."""
    import cv2

    kind = random.random()
    if kind < _GRAINY:
        grain = random.standard_normal((*values.shape[:2], 1))
        return np.asarray(values + random.uniform(0.02, 0.07) * grain)
    if kind < _GRAINY + _SHARPENED:
        softened = cv2.GaussianBlur(values, (0, 0), 1.2)
        return np.asarray(values + random.uniform(0.5, 2) * (values - softened))
    return values
