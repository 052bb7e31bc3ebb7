"""Regions described by depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.onnx_model import OnnxModel
from orchestrator.regions.network_input import IMAGENET_DEVIATION, IMAGENET_MEAN, batch_of_one, resized
from orchestrator.regions.shape import ramp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter
    from orchestrator.regions.settings import Depth

_FADE = 0.05  # of a frame's depth, over which the ends of the range fade
_OUTLIERS = (1, 99)  # percent: what lies beyond says nothing of a frame's nearest and farthest


def depth(where: Depth, scene: Scene, /) -> Segmenter:
    """Find what lies between two relative distances, told by a network for single pictures."""
    del scene
    model = OnnxModel(where.depth)
    return lambda frames: (_mask(model, frame, where) for frame in frames)


def _mask(model: OnnxModel, frame: NDArray[np.uint8], where: Depth) -> NDArray[np.float32]:
    told = model(batch_of_one(frame, model.size(where.size), IMAGENET_MEAN, IMAGENET_DEVIATION))
    map_ = resized(told.reshape(told.shape[-2:]), (frame.shape[1], frame.shape[0]))
    distance = _relative(-map_ if where.output == "disparity" else map_)
    begun = ramp(distance, where.near - _FADE, where.near) if where.near else np.ones_like(distance)
    ended = ramp(distance, where.far, where.far + _FADE) if where.far < 1 else np.zeros_like(distance)
    return begun * (1 - ended)


def _relative(distance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale to 0 (nearest) to 1 (farthest); a flat picture is all near."""
    nearest, farthest = np.percentile(distance, _OUTLIERS)
    return ramp(distance, float(nearest), float(max(farthest, nearest + 1e-6)))
