"""Dense optical flow: measuring it, moving pictures along it, and knowing where to trust it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_FEATHER = 1.5  # pixels

Ways = tuple["NDArray[np.float32]", "NDArray[np.float32]"]
BothWays = Callable[["NDArray[np.uint8]", "NDArray[np.uint8]"], Ways]
"""Measures the flow from each of two pictures, (H, W, 3) uint8 RGB, to the other, as `both_ways` does."""


def dense(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return where in `b` each pixel of `a` lies: a[y, x] shows what b[y + dy, x + dx] shows.

    This is the flow for backward warping: `warp(b, dense(a, b))` looks like `a`. To bring frame t - 1 to
    frame t, take `dense(frame_t, frame_before)`. Dense inverse search (Kroeger et al., ECCV 2016), on
    luma, OpenCV's medium preset; the same on any number of threads.

    Args:
        a: (H, W, 3) uint8 RGB.
        b: the same size.

    Returns:
        (H, W, 2) float32: (dx, dy) in pixels.
    """
    return next(_flows((a, b)))


def both_ways(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return `dense(a, b)` and `dense(b, a)`, in less time than one after the other."""
    there, back = _flows((a, b), (b, a))
    return there, back


def warp(image: NDArray[Any], flow: NDArray[np.float32]) -> NDArray[Any]:
    """Return `image` fetched along `flow`: result[y, x] = image[y + dy, x + dx].

    Bicubic, which blurs less than bilinear when repeated; beyond the border, the border goes on.

    Args:
        image: (H, W) or (H, W, C), uint8 or float32.
        flow: (H, W, 2) float32, as `dense` returns it.
    """
    import cv2

    moved: NDArray[Any] = cv2.remap(
        image, _places(flow), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return moved


def trust(forward: NDArray[np.float32], backward: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where `forward` can be trusted: going there and back again ends where it began.

    |f + b|² < 0.01 (|f|² + |b|²) + 0.5, with b the backward flow at the place that f leads to (Sundaram,
    Brox, Keutzer: "Dense point trajectories by GPU-accelerated large displacement optical flow", ECCV 2010).
    What was hidden before fails it; what leads out of the picture is never trusted.

    Args:
        forward: `dense(a, b)`, (H, W, 2) float32: the flow in question, on the grid of `a`.
        backward: `dense(b, a)`.

    Returns:
        (H, W) bool, on the grid of `a`.
    """
    import cv2

    places = _places(forward)
    # a flow is smooth, so that two neighbours tell as much as cubic's four
    there = cv2.remap(backward, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    bound = _squared(forward)
    bound += _squared(there)
    bound *= np.float32(0.01)
    bound += np.float32(0.5)
    trusted: NDArray[np.bool_] = _squared(cv2.add(forward, there, dst=there)) < bound
    trusted &= _inside(places)
    return trusted


def confidence(forward: NDArray[np.float32], backward: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `trust` with soft borders, drawn inwards, so that they do not show: (H, W), 0 to 1."""
    import cv2

    core = cv2.erode(trust(forward, backward).view(np.uint8), np.ones((3, 3)))
    soft: NDArray[np.float32] = cv2.GaussianBlur(core.astype(np.float32), (0, 0), _FEATHER)
    return soft


def _places(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return where each pixel's vector points to, (H, W, 2), x and y in pixels."""
    height, width = flow.shape[:2]
    places: NDArray[np.float32] = flow + _grid(height, width)
    return places


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> NDArray[np.float32]:
    y, x = np.indices((height, width), np.float32)
    return np.dstack((x, y))


def _squared(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared length of each vector, (H, W)."""
    squared: NDArray[np.float32] = np.square(flow[..., 0])
    squared += np.square(flow[..., 1])
    return squared


def _inside(places: NDArray[np.float32]) -> NDArray[np.bool_]:
    import cv2

    height, width = places.shape[:2]
    inside: NDArray[np.bool_] = cv2.inRange(places, (0, 0), (width - 1, height - 1)).astype(bool)
    return inside


def _flows(*pairs: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
    """Yield the flow of each pair; all of one size, so that the search's memory serves them all."""
    import cv2

    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    for a, b in pairs:
        yield search.calc(_luma(a), _luma(b), None)


def _luma(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    luma: NDArray[np.uint8] = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return luma
