"""Pictures as networks take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def batch_of_one(
    frame: NDArray[np.uint8], size: tuple[int, int], mean: Sequence[float], deviation: Sequence[float]
) -> NDArray[np.float32]:
    """Return a frame as a network's input.

    Args:
        frame: (H, W, 3) uint8 RGB.
        size: width and height to scale it to.
        mean: of red, green and blue, 0 to 1, subtracted.
        deviation: divided by.

    Returns:
        (1, 3, height, width) float32.
    """
    scaled = resized(frame, size).astype(np.float32) / 255
    normal = (scaled - np.array(mean, np.float32)) / np.array(deviation, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[np.newaxis])


def resized(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Return a picture or mask at (width, height) `size`: averaged when shrinking, else bilinear."""
    import cv2

    smaller = size[0] * size[1] < image.shape[0] * image.shape[1]
    scaled: NDArray[Any] = cv2.resize(
        image, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    )
    return scaled
