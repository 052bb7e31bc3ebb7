"""The foreground, by any matting network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.onnx_model import OnnxModel
from orchestrator.regions.network_input import batch_of_one, resized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter
    from orchestrator.regions.settings import Matting


def matting(where: Matting, scene: Scene, /) -> Segmenter:
    """Find what an ONNX model, whose first output is opacity from 0 to 1, takes for the foreground."""
    del scene
    model = OnnxModel(where.matting)
    return lambda frames: (_mask(model, frame, where) for frame in frames)


def _mask(model: OnnxModel, frame: NDArray[np.uint8], where: Matting) -> NDArray[np.float32]:
    found = model(batch_of_one(frame, model.size(where.size), where.mean, where.deviation))
    size = (frame.shape[1], frame.shape[0])
    opacity: NDArray[np.float32] = np.clip(resized(found.reshape(found.shape[-2:]), size), 0, 1)
    return opacity
