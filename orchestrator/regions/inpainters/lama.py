"""LaMa (Suvorov et al., WACV 2022), from a local file."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.errors import ModelFileError
from orchestrator.onnx_model import OnnxModel
from orchestrator.regions.network_input import batch_of_one, resized

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.regions.inpainters.inpainter import Inpainter

    # a picture (1, 3, H, W), 0 to 1, and its hole (1, 1, H, W), 0 or 1: the whole, 0 to 1 or 0 to 255
    Network = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]

_MULTIPLE = 8  # pixels: what sides must be multiples of
_AS_IT_IS = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
_BYTES = 2.0  # a greatest value above it tells that a model returns 0 to 255


def lama(path: Path) -> Inpainter:
    """Return an inpainter.

    Args:
        path: TorchScript (`.pt`, such as big-lama) or ONNX (of any size, or of a fixed one).

    Raises:
        ModelFileError: there is no such file, or it is no such model.
        MissingPackage: onnxruntime is wanted and not installed.
    """
    if path.suffix.lower() == ".onnx":
        model = OnnxModel(path)
        fixed = model.size(0)
        return lambda picture, hole: _painted(model, picture, hole, fixed if all(fixed) else None)
    network = _torchscript(path)
    return lambda picture, hole: _painted(network, picture, hole, None)


def _painted(
    network: Network, picture: NDArray[np.uint8], hole: NDArray[np.bool_], size: tuple[int, int] | None
) -> NDArray[np.uint8]:
    height, width = hole.shape
    wide, high = size or (-(-width // _MULTIPLE) * _MULTIPLE, -(-height // _MULTIPLE) * _MULTIPLE)
    beyond = ((0, 0), (0, 0)) if size else ((0, high - height), (0, wide - width))
    larger = np.pad(picture, (*beyond, (0, 0)), mode="edge")
    holes = resized(np.pad(hole, beyond).astype(np.float32), (wide, high)) > 0
    told = network(batch_of_one(larger, (wide, high), *_AS_IT_IS), holes.astype(np.float32)[None, None])
    painted = told[0].transpose(1, 2, 0) * (1 if told.max() > _BYTES else 255)
    back = resized(painted, (width, height)) if size else painted[:height, :width]
    return np.where(hole[..., None], np.rint(np.clip(back, 0, 255)).astype(np.uint8), picture)


def _torchscript(path: Path) -> Network:
    import torch

    if not path.is_file():
        raise ModelFileError("there is no such model", where=str(path), remedy="Check the path.")
    try:
        with warnings.catch_warnings():
            # torch would rather have exported programs, but this is what LaMa is given away as
            warnings.simplefilter("ignore", DeprecationWarning)
            model: Any = torch.jit.load(str(path), map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise ModelFileError(
            "this is no TorchScript model",
            where=str(path),
            remedy="Name big-lama's .pt, or an ONNX file of LaMa.",
        ) from error

    def run(picture: NDArray[np.float32], hole: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            painted: NDArray[np.float32] = model(torch.from_numpy(picture), torch.from_numpy(hole)).numpy()
        return painted

    return run
