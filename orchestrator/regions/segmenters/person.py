"""People, by MediaPipe's selfie segmentation: a network of 0.1 million weights that comes along.

Run by OpenCV; its masks differ from those of TensorFlow Lite by less than 0.0001.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.regions.network_input import batch_of_one, resized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter

_MODEL = Path(__file__).parents[1] / "models" / "selfie_segmentation.tflite"
_SIZE = (256, 256)
_AS_IT_IS = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def person(where: object, scene: Scene, /) -> Segmenter:
    """Find people who are large in the picture: the network was made for calls and portraits."""
    del where, scene
    network = _network()
    return lambda frames: (_mask(network, frame) for frame in frames)


def background(where: object, scene: Scene, /) -> Segmenter:
    """Find what is not people."""
    people = person(where, scene)
    return lambda frames: (1 - mask for mask in people(frames))


def _network() -> Any:
    import cv2

    return cv2.dnn.readNetFromTFLite(np.frombuffer(_MODEL.read_bytes(), np.uint8))


def _mask(network: Any, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    network.setInput(batch_of_one(frame, _SIZE, *_AS_IT_IS))
    found = network.forward()[0, 0]
    mask: NDArray[np.float32] = np.clip(resized(found, (frame.shape[1], frame.shape[0])), 0, 1)
    return mask
