"""Which size a picture is trained at, and how often it is seen: sd-scripts' aspect-ratio buckets.

A trainer trains by it, and before any training the number of its steps is known by it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True)
class Fit:
    """How a picture comes to its training size: resized, then cropped.

    Attributes:
        resized: the size it is resized to; nowhere smaller than `bucket`.
        bucket: the size that is cropped out of that.
    """

    resized: Size
    bucket: Size


def resolutions(resolution: Size, smallest: int, largest: int, step: int) -> list[Size]:
    """Return all bucket sizes of at most the area of `resolution`, sorted.

    Args:
        resolution: width and height whose product is the largest area.
        smallest: the shortest side, in pixels.
        largest: the longest side, in pixels.
        step: every side is a multiple of it, in pixels.
    """
    area = resolution[0] * resolution[1]
    square = math.isqrt(area) // step * step
    sizes = {(square, square)}
    for width in range(smallest, largest + 1, step):
        height = min(largest, area // width // step * step)
        if height >= smallest:
            sizes |= {(width, height), (height, width)}
    return sorted(sizes)


def fit(picture: Size, buckets: Iterable[Size]) -> Fit:
    """Return the bucket nearest in aspect ratio, and the size that just covers it.

    Of two equally near buckets the first is taken, so their order matters.
    """
    width, height = picture
    sizes = list(buckets)
    bucket = (
        picture if picture in sizes else min(sizes, key=lambda size: abs(size[0] / size[1] - width / height))
    )
    wider = width * bucket[1] > bucket[0] * height
    scale = bucket[1] / height if wider else bucket[0] / width
    return Fit((_nearest(width * scale), _nearest(height * scale)), bucket)


def fit_without_upscaling(picture: Size, area: int, step: int) -> Fit:
    """Return the bucket that a picture fills when it may only shrink.

    Args:
        picture: its width and height.
        area: the most pixels that a bucket may have.
        step: the sides of a bucket are multiples of it.
    """
    resized = picture if picture[0] * picture[1] <= area else _shrunk(picture, area, step)
    return Fit(resized, (resized[0] - resized[0] % step, resized[1] - resized[1] % step))


def balanced(repeats: Sequence[int], wanted: int) -> list[int]:
    """Return how often each regularisation picture is seen, so that there are `wanted` of them or a few more.

    Each is first taken with its own repeats; then, one picture at a time, each is seen once more. A picture
    that is not needed gets 0.
    """
    counts = [0] * len(repeats)
    for index, own in enumerate(repeats):
        if sum(counts) < wanted:
            counts[index] = own
    for extra in range(wanted - sum(counts) if counts else 0):
        counts[extra % len(counts)] += 1
    return counts


def _shrunk(picture: Size, area: int, step: int) -> Size:
    """Shrink to `area` with one side a multiple of `step`: the side that keeps the aspect ratio better."""
    ratio = picture[0] / picture[1]
    width, height = math.sqrt(area * ratio), math.sqrt(area / ratio)
    across: Callable[[float], int] = lambda length: max(step, int(length / step + 0.5) * step)  # noqa: E731
    by_width, by_height = across(width), across(height)
    width_error = abs(by_width / across(by_width / ratio) - ratio)
    height_error = abs(across(by_height * ratio) / by_height - ratio)
    if width_error < height_error:
        return by_width, _nearest(by_width / ratio)
    return _nearest(by_height * ratio), by_height


def _nearest(length: float) -> int:
    return int(length + 0.5)
