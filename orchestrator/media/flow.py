"""Dense optical flow: measuring it, moving pictures along it, and knowing where to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    import cv2

    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow: NDArray[np.float32] = search.calc(_luma(a), _luma(b), None)
    return flow


def warp(image: NDArray[Any], flow: NDArray[np.float32]) -> NDArray[Any]:
    """Return `image` fetched along `flow`: result[y, x] = image[y + dy, x + dx].

    Bicubic, which blurs less than bilinear when repeated; beyond the border, the border goes on.

    Args:
        image: (H, W) or (H, W, C), uint8 or float32.
        flow: (H, W, 2) float32, as `dense` returns it.
    """
    import cv2

    height, width = flow.shape[:2]
    x = np.arange(width, dtype=np.float32) + flow[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]
    moved: NDArray[Any] = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
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
    there = warp(backward, forward)
    gap = np.square(forward + there).sum(axis=2)
    length = np.square(forward).sum(axis=2) + np.square(there).sum(axis=2)
    trusted: NDArray[np.bool_] = (gap < 0.01 * length + 0.5) & _inside(forward)
    return trusted


def _inside(flow: NDArray[np.float32]) -> NDArray[np.bool_]:
    height, width = flow.shape[:2]
    x = np.arange(width) + flow[..., 0]
    y = np.arange(height)[:, None] + flow[..., 1]
    inside: NDArray[np.bool_] = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return inside


def _luma(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    luma: NDArray[np.uint8] = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return luma
