"""A polygon with keys."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.errors import ProjectError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter
    from orchestrator.regions.settings import Polygon

_BITS = 4  # OpenCV's corners in sixteenths of a pixel


def polygon(where: Polygon, scene: Scene, /) -> Segmenter:
    """Find what lies within a polygon; before its first key and after its last one it stands still.

    Raises:
        ProjectError: keys do not ascend in this clip.
    """
    places = [float(key.at.position(scene.timeline)) for key in where.polygon]
    if any(after <= before for before, after in pairwise(places)):
        raise ProjectError(
            "the polygon's keys are not in the order of time", remedy="Put each later than before."
        )
    corners = np.array([key.points for key in where.polygon])
    return lambda frames: (
        _filled(_between(index, places, corners), (frame.shape[0], frame.shape[1]))
        for index, frame in enumerate(frames)
    )


def _between(frame: int, places: list[float], corners: NDArray[np.float64]) -> NDArray[np.float64]:
    after = bisect_right(places, frame)
    if after in (0, len(places)):
        return np.asarray(corners[max(after - 1, 0)])
    start, end = places[after - 1 : after + 1]
    way = (frame - start) / (end - start)
    return np.asarray((1 - way) * corners[after - 1] + way * corners[after])


def _filled(corners: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float32]:
    import cv2

    height, width = shape
    # the corner (0, 0) is the outer corner of the first pixel, whose middle is OpenCV's (0, 0)
    pixels = corners * (width, height) - 0.5
    canvas = np.zeros(shape, np.uint8)
    fixed = np.rint(pixels * (1 << _BITS)).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 255, lineType=cv2.LINE_AA, shift=_BITS)
    mask: NDArray[np.float32] = canvas.astype(np.float32) / np.float32(255)
    return mask
