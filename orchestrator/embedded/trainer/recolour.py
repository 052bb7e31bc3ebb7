"""Copies of a picture in the colours of an ordinary photograph.

The scene's shapes stay, and colours keep their relations to each other: what is warmer, lighter or greyer
than the rest remains so. A network that learns the way back therefore learns a palette and a contrast, and
no colouring of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Values = NDArray[np.float32]

_GRAINY, _SOFT = 0.2, 0.4  # the shares of copies that get each
_NEVER_FLAT = 1e-3
_THUMBNAIL = (64, 64)  # enough to know a picture's colours


@dataclass(frozen=True)
class Palette:
    """Mean and standard deviation of each CIELAB channel over a whole set of pictures, three values each."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def palette(pictures: Iterable[Picture]) -> Palette:
    """Return the palette of (H, W, 3) uint8 RGB pictures, each of them counting alike."""
    import cv2

    small = [cv2.resize(each, _THUMBNAIL, interpolation=cv2.INTER_AREA) for each in pictures]
    values = np.concatenate([_lab(each).reshape(-1, 3) for each in small]).astype(np.float64)
    deviation = values.std(axis=0) + _NEVER_FLAT
    return Palette(tuple(values.mean(axis=0).tolist()), tuple(deviation.tolist()))


def recoloured(picture: Picture, style: Palette, random: np.random.Generator) -> Picture:
    """Return a copy of an (H, W, 3) uint8 RGB picture with a photograph's colours and texture.

    The style's mean and deviation in CIELAB are moved to drawn ones: the colour transfer of Reinhard et al.
    2001, https://doi.org/10.1109/38.946629, backwards. They are those of the whole style and not of the one
    picture: a close look at something grey would else teach that grey stays grey.
    """
    import cv2

    new_mean, new_deviation = _photograph(random)
    scale = np.divide(new_deviation, style.deviation)
    moved = (_lab(picture) - np.asarray(style.mean)) * scale + new_mean
    values = np.asarray(cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB), np.float32)
    return (np.clip(_retextured(values, random), 0, 1) * 255).astype(np.uint8)


def _lab(picture: Picture) -> Values:
    import cv2

    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _photograph(random: np.random.Generator) -> tuple[list[float], list[float]]:
    """Return mean and deviation of L*, a*, b* as photographs have them: near grey, from dull to vivid."""
    mean = [random.uniform(30, 62), random.normal(1, 3), random.normal(2, 4)]
    saturation = np.exp(random.uniform(np.log(1.5), np.log(18), 2))
    return mean, [random.uniform(13, 26), *saturation]


def _retextured(values: Values, random: np.random.Generator) -> Values:
    """Add grain, or soften, or leave as it is."""
    import cv2

    kind = random.random()
    if kind < _GRAINY:
        grain = random.standard_normal((*values.shape[:2], 1), np.float32)
        return np.asarray(values + np.float32(random.uniform(0.01, 0.03)) * grain)
    if kind < _GRAINY + _SOFT:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), random.uniform(0.5, 1.5)), np.float32)
    return values
