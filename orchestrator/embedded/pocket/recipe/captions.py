"""Captions from what a picture shows of itself: its file's name and its colours."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

HUES = {
    "red": 0,
    "orange": 15,
    "yellow": 28,
    "green": 60,
    "cyan": 90,
    "blue": 115,
    "purple": 140,
    "pink": 160,
}
"""OpenCV's 8-bit hues (0 to 179) of the colours that have a name."""

# Words of file names that say nothing about the picture: file types, distributions, photographers.
# fmt: off
NOT_WORDS = frozenset({
    "jpg", "png", "contents", "images", "dark", "screenshot", "logo", "left", "right", "the", "and", "img",
    "cls", "mate", "ubuntu", "ubuntukylin", "architetto", "francesc", "benji", "park", "gerhards", "dan",
    "gerald", "ganson",
})
# fmt: on


def caption(kind: str, path: Path, crop: NDArray[np.uint8]) -> str:
    """Describe a crop as e.g. `a photo of kite dark blue white`.

    Args:
        kind: `photo` or `illustration`.
        path: The picture's file.
        crop: (H, W, 3) RGB.
    """
    article = "an" if kind[0] in "aeiou" else "a"
    return f"{article} {kind} of " + " ".join([*name_words(path), *colour_words(crop)])


def name_words(path: Path) -> list[str]:
    """Return up to three telling words of a file's name; of its folder where the name is only a size."""
    name = path.stem
    if re.match(r"\d+x\d+|screenshot", name):
        name = path.parents[2].name
    name = re.sub(r"_by_.*$", "", name)
    name = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    words = [word.lower() for word in re.split(r"[^A-Za-z]+", name) if len(word) > 2]
    return [word for word in dict.fromkeys(words) if word not in NOT_WORDS][:3]


def colour_words(crop: NDArray[np.uint8]) -> list[str]:
    """Return the crop's lightness, saturation and up to three colours that cover an eighth of it each."""
    small = cv2.resize(crop, (32, 32), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV).reshape(-1, 3).astype(int)
    counts = Counter(_colour_name(*pixel) for pixel in hsv)
    common = [name for name, count in counts.most_common(3) if count > len(hsv) // 8]
    return [*_tone(hsv[:, 2].mean(), hsv[:, 1].mean()), *common]


def _tone(value: float, saturation: float) -> list[str]:
    light = "dark" if value < 80 else "bright" if value > 190 else ""
    depth = "vivid" if saturation > 130 else "pale" if saturation < 35 else ""
    return [word for word in (light, depth) if word]


def _colour_name(hue: int, saturation: int, value: int) -> str:
    if value < 45:
        return "black"
    if saturation < 40:
        return "white" if value > 200 else "gray"
    name = min(HUES, key=lambda known: min(abs(HUES[known] - hue), 180 - abs(HUES[known] - hue)))
    return "brown" if name in {"red", "orange"} and value < 140 else name
