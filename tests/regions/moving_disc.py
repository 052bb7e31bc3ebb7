"""A small scene: a red disc that moves three pixels a frame over a fixed pattern."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import cv2
import numpy as np

from orchestrator.regions.segmenters.segmenter import Scene
from orchestrator.timeline import Timeline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

HEIGHT, WIDTH, COUNT = 72, 97, 6
RED = (200, 30, 40)


def scene_of(count: int, *, first: int = 0, whole: int | None = None) -> Scene:
    names = tuple(f"{index:06d}" for index in range(count))
    return Scene(Timeline.even(count, Fraction(25)), first, count if whole is None else whole, names)


def clip_frames() -> list[Frame]:
    pattern = texture(HEIGHT, WIDTH)
    return [disc_on(pattern, middle(index)) for index in range(COUNT)]


def middle(index: int) -> int:
    """Return the disc's column in a frame."""
    return 30 + 3 * index


def texture(height: int, width: int) -> Frame:
    noise = np.random.default_rng(1).integers(0, 256, (height // 6 + 1, width // 6 + 1), np.uint8)
    grey = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.repeat(grey[..., None], 3, axis=2)


def disc(shape: tuple[int, ...], x: int, *, y: int = 36, radius: int = 14) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 <= radius**2)


def disc_on(picture: Frame, x: int) -> Frame:
    result = picture.copy()
    result[disc(picture.shape, x)] = RED
    return result


def iou(mask: NDArray[np.float32], inside: NDArray[np.bool_]) -> float:
    found = mask > 0.5
    return float((found & inside).sum() / (found | inside).sum())
