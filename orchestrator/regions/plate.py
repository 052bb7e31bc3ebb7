"""The background as it would be without what stands before it, gathered from other frames of the shot.

One plate is made for a whole shot, as its first frame sees it: what is hidden there is fetched along the flow
from the frames that show it, and of all that do, the median is taken. It is then carried to every frame, so
that it moves with the scene and does not flicker. Flow behind what hides it cannot be measured; it is spread
in from around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.media import flow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from orchestrator.regions.inpainters.inpainter import Inpainter

    Frame = NDArray[np.uint8]
    Mask = NDArray[np.float32]
    Flow = NDArray[np.float32]
    Area = NDArray[np.bool_]

_SAMPLES = 24  # frames of which the median is taken: bounds memory, and more change little
_MARGIN = 4  # pixels around a mask that still show something of what stands there
_BLEED = 12  # pixels around it whose flow is drawn along by its motion: half a patch of the search
_HIDDEN = 0.05
_SEAM = 4.0  # pixels, over which the plate comes in from the edge of what was hidden
_VISIBLE = 0.99


def hidden(mask: Mask, margin: int = _MARGIN) -> Area:
    """Return where the background does not show: inside a mask, and a little around it."""
    import cv2

    size = 2 * margin + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    area: Area = cv2.dilate((mask > _HIDDEN).astype(np.uint8), disc) > 0
    return area


def gathered(frames: Iterable[Frame], masks: Iterable[Mask], count: int, inpaint: Inpainter) -> Frame:
    """Return the background of a shot, as its first frame sees it.

    Args:
        frames: of one shot, (H, W, 3) uint8 RGB each.
        masks: what stands before the background, (H, W) float32, 0 to 1.
        count: how many there are.
        inpaint: paints what no frame shows.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    every = -(-count // _SAMPLES)
    samples: list[NDArray[np.float32]] = []
    first: Frame = np.empty(0, np.uint8)
    behind: Area = np.empty(0, np.bool_)
    for index, (frame, area, way) in enumerate(_ways_there(frames, masks)):
        if way is None:
            first, behind = frame, area
        elif index % every == 0 or index == count - 1:
            samples.append(_seen(frame, area, way, behind))
    plate = first.copy()
    middle, seen = _median(samples, int(behind.sum()))
    plate[behind] = middle
    unseen = behind.copy()
    unseen[behind] = ~seen
    return inpaint(plate, unseen) if unseen.any() else plate


def followed(
    plate: Frame, frames: Iterable[Frame], masks: Iterable[Mask], inpaint: Inpainter
) -> Iterator[Frame]:
    """Yield each frame of a shot with the background where it was hidden.

    Args:
        plate: the background as the first frame sees it.
        frames: of the shot.
        masks: what stands before the background.
        inpaint: paints what lies outside the first frame.

    Yields:
        (H, W, 3) uint8 RGB; where nothing was hidden, the source's pixels.
    """
    for frame, area, way in _ways_back(frames, masks):
        moved = plate if way is None else np.asarray(flow.warp(plate, way))
        result = _laid_in(frame, moved, area)
        outside = area & ~_inside(way) if way is not None else np.zeros_like(area)
        yield inpaint(result, outside) if outside.any() else result


def _laid_in(frame: Frame, plate: Frame, area: Area) -> Frame:
    import cv2

    depth = cv2.distanceTransform(area.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    weight = np.minimum(depth / _SEAM, 1)[..., np.newaxis]
    mixed: Frame = np.rint(frame + weight * (plate.astype(np.float32) - frame)).astype(np.uint8)
    return mixed


def _ways_there(frames: Iterable[Frame], masks: Iterable[Mask]) -> Iterator[tuple[Frame, Area, Flow | None]]:
    """Yield each frame with the flow from the first frame to it; none for the first."""
    way: Flow | None = None
    for frame, mask, last in _steps(frames, masks):
        if last is not None:
            step = _background_flow(*last, frame)
            way = step if way is None else way + flow.warp(step, way)
        yield frame, hidden(mask), way


def _ways_back(frames: Iterable[Frame], masks: Iterable[Mask]) -> Iterator[tuple[Frame, Area, Flow | None]]:
    """Yield each frame with the flow from it to the first frame; none for the first."""
    way: Flow | None = None
    for frame, mask, last in _steps(frames, masks):
        if last is not None:
            step = _background_flow(frame, mask, last[0])
            way = step if way is None else step + flow.warp(way, step)
        yield frame, hidden(mask), way


def _background_flow(here: Frame, mask: Mask, there: Frame) -> Flow:
    return filled(flow.dense(here, there), ~hidden(mask, _BLEED))


def _steps(
    frames: Iterable[Frame], masks: Iterable[Mask]
) -> Iterator[tuple[Frame, Mask, tuple[Frame, Mask] | None]]:
    """Yield each frame and mask with those before; none for the first."""
    last: tuple[Frame, Mask] | None = None
    for frame, mask in zip(frames, masks, strict=True):
        yield frame, mask, last
        last = frame, mask


def _seen(frame: Frame, area: Area, way: Flow, wanted: Area) -> NDArray[np.float32]:
    """Return what a frame shows of wanted pixels of the first one, (N, 3); NaN where it does not."""
    shows = flow.warp((~area).astype(np.float32), way) > _VISIBLE
    colours = np.asarray(flow.warp(frame, way)[wanted], np.float32)
    colours[~(shows & _inside(way))[wanted]] = np.nan
    return colours


def _median(samples: list[NDArray[np.float32]], count: int) -> tuple[Frame, NDArray[np.bool_]]:
    """Return the median colour of each pixel, (N, 3), and whether there is one."""
    colours = np.zeros((count, 3), np.uint8)
    if not samples:
        return colours, np.zeros(count, np.bool_)
    stack = np.stack(samples)
    seen = np.asarray(~np.isnan(stack[..., 0]).all(axis=0))
    colours[seen] = np.rint(np.nanmedian(stack[:, seen], axis=0)).astype(np.uint8)
    return colours, seen


def _inside(way: Flow) -> Area:
    height, width = way.shape[:2]
    x = np.arange(width) + way[..., 0]
    y = np.arange(height)[:, None] + way[..., 1]
    area: Area = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return area


def filled(values: NDArray[np.float32], known: NDArray[Any]) -> NDArray[np.float32]:
    """Return values with what is unknown spread in smoothly from what is known (pull-push).

    Gortler et al., "The lumigraph", SIGGRAPH 1996: averages at half the size, and of these at half, until
    every hole is closed; then each hole takes the coarser values.

    Args:
        values: (H, W, C) float32.
        known: (H, W) bool; where nothing is, all becomes 0.
    """
    import cv2

    if known.all() or min(known.shape) == 1:
        return values
    weight = known.astype(np.float32)
    half = (known.shape[1] // 2, known.shape[0] // 2)
    weight_there = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    total = cv2.resize(values * weight[..., np.newaxis], half, interpolation=cv2.INTER_AREA)
    coarse = filled(total / np.maximum(weight_there, 1e-6)[..., np.newaxis], weight_there > 0)
    spread = cv2.resize(coarse, known.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(known[..., np.newaxis], values, spread)
