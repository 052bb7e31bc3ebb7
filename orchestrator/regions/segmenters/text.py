"""What a text describes, by CLIPSeg (Lüddecke and Ecker, CVPR 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.regions.network_input import IMAGENET_DEVIATION, IMAGENET_MEAN, batch_of_one, resized
from orchestrator.regions.saved_model import saved
from orchestrator.regions.shape import ramp

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter
    from orchestrator.regions.settings import Text

_SOFT = 0.1  # of probability, on either side of the threshold


def text(where: Text, scene: Scene, /) -> Segmenter:
    """Find what a text describes, in each frame for itself."""
    del scene
    model = saved("CLIPSegForImageSegmentation", where.model)
    words = saved("AutoTokenizer", where.model)([where.text], return_tensors="pt")
    return lambda frames: (_mask(model, words, frame, where.threshold) for frame in frames)


def _mask(model: Any, words: Any, frame: NDArray[np.uint8], threshold: float) -> NDArray[np.float32]:
    import torch

    side = model.config.vision_config.image_size
    pixels = torch.from_numpy(batch_of_one(frame, (side, side), IMAGENET_MEAN, IMAGENET_DEVIATION))
    with torch.inference_mode():
        logits = model(pixel_values=pixels, **words).logits
    sure = torch.sigmoid(logits).reshape(logits.shape[-2:]).numpy()
    return ramp(resized(sure, (frame.shape[1], frame.shape[0])), threshold - _SOFT, threshold + _SOFT)
