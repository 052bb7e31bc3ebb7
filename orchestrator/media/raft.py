"""Optical flow by RAFT, from a model in a local file.

Teed and Deng, "RAFT: Recurrent all-pairs field transforms for optical flow", ECCV 2020, as ONNX: two pictures
in, (1, 3, H, W) from 0 to 255, and the flow from the first to the second out, (1, 2, H, W) in pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.errors import ModelFileError
from orchestrator.onnx_model import OnnxModel

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]
    Flow = NDArray[np.float32]

_STRIDE = 8  # pixels to a cell of its features: sides are multiples of it


class Raft:
    """Measures flow both ways, as `flow.both_ways` does.

    Args:
        path: the `.onnx` file.

    Raises:
        ModelFileError: there is no such file, or it is no model.
        MissingPackage: onnxruntime is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._model = OnnxModel(path)

    def __call__(self, a: Frame, b: Frame) -> tuple[Flow, Flow]:
        """Return where in `b` each pixel of `a` lies, and where in `a` each of `b`: (H, W, 2) each, pixels.

        Pictures are measured at the model's own size, where it has one. Raises ModelFileError: it is no RAFT.
        """
        height, width = a.shape[:2]
        nearest = tuple(max(_STRIDE, side // _STRIDE * _STRIDE) for side in (width, height))
        size = self._model.own_size() or nearest
        one, other = (_as_input(frame, size) for frame in (a, b))
        return self._flow(one, other, (width, height)), self._flow(other, one, (width, height))

    def _flow(self, a: Flow, b: Flow, size: tuple[int, int]) -> Flow:
        import cv2

        found = self._model.output_of_shape((1, 2, *a.shape[2:]), a, b)
        if found is None:
            raise ModelFileError(
                "this model returns no flow of its pictures' size",
                where=str(self._path),
                remedy="Choose RAFT as ONNX, with two pictures in and the flow out.",
            )
        scale = np.divide(size, (a.shape[3], a.shape[2]), dtype=np.float32)
        vectors = np.ascontiguousarray(found[0].transpose(1, 2, 0))
        flow: Flow = cv2.resize(vectors, size, interpolation=cv2.INTER_LINEAR) * scale
        return flow


def _as_input(frame: Frame, size: tuple[int, ...]) -> Flow:
    import cv2

    small = cv2.resize(frame, (size[0], size[1]), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1)[np.newaxis], np.float32)
