"""Picture files as arrays of their training size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from numpy.typing import NDArray

    from orchestrator.buckets import Fit, Size


def read(path: Path) -> NDArray[np.uint8]:
    """Return a picture file as (H, W, 3) uint8 RGB; transparency is dropped.

    Raises:
        ImageError: it cannot be decoded.
    """
    import PIL.Image

    try:
        with PIL.Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))
    except (OSError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise ImageError(f"this picture cannot be decoded: {error}", where=str(path)) from error


def resized(picture: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Return a picture in another size: averaged when it shrinks, Lanczos when it grows."""
    import cv2

    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    method = cv2.INTER_AREA if size[0] * size[1] < width * height else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)


def crop_corner(fit: Fit, random: Random | None) -> tuple[int, int]:
    """Return top and left of the crop: anywhere when `random` is given, else of the middle."""
    spare = [resized - kept for resized, kept in zip(fit.resized, fit.bucket, strict=True)]
    left, top = (random.randint(0, room) if random else room // 2 for room in spare)
    return top, left


def cropped(picture: NDArray[np.uint8], corner: tuple[int, int], size: Size) -> NDArray[np.uint8]:
    """Return the part of `size` (width, height) whose top and left are `corner`."""
    (top, left), (width, height) = corner, size
    return picture[top : top + height, left : left + width]
