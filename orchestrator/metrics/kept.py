"""What a network sees in pictures that are measured against again and again, kept on disk by content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from orchestrator import files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from orchestrator.metrics.backbone import Layers

    Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class KeptLayers:
    """Layers in files named after the picture's content, in a folder named after the network's.

    They come back bit by bit as they were. Most of what is rectified is 0, so only the rest is written, with
    a bit for each place: about 3 MB for AlexNet and 512x512 pixels. Reading that takes a tenth of the time
    that the network does, so it is worth its place where the same pictures are measured against often.

    Attributes:
        folder: of one network; whatever is in it may be deleted at any time.
    """

    folder: Path

    def of(self, picture: Frame, look: Callable[[Frame], Layers]) -> Layers:
        """Return the layers of a (H, W, 3) uint8 picture; `look` is called if they are not kept yet.

        Raises:
            NotWritable, DiskFull: the disk does not let us.
        """
        path = self.folder / f"{_digest(picture)}.safetensors"
        try:
            return _unpacked(load_file(path))
        except (OSError, SafetensorError):
            layers = look(picture)  # never kept, or damaged, which is the same
        with files.replacing(path) as partial:
            save_file(_packed(layers), partial)
        return layers


def kept_layers(folder: Path, layers: nn.Module, taps: tuple[int, ...]) -> KeptLayers:
    """Return the place for what a network's layers see: another one for other weights or layers."""
    digest = hashlib.sha256(repr(taps).encode())
    for weight in layers.state_dict().values():
        digest.update(weight.cpu().contiguous().numpy().tobytes())
    return KeptLayers(folder / digest.hexdigest()[:16])


def _digest(picture: Frame) -> str:
    digest = hashlib.sha256(repr(picture.shape).encode())
    digest.update(np.ascontiguousarray(picture).data)
    return digest.hexdigest()


def _packed(layers: Layers) -> dict[str, NDArray[Any]]:
    packed: dict[str, NDArray[Any]] = {}
    for tap, layer in layers.items():
        places = layer[0].permute(1, 2, 0).contiguous().numpy()
        packed[f"{tap}.shape"] = np.array(places.shape)
        packed[f"{tap}.where"] = np.packbits(places != 0)
        packed[f"{tap}.values"] = places[places != 0]
    return packed


def _unpacked(packed: Mapping[str, NDArray[Any]]) -> Layers:
    taps = sorted(int(name.removesuffix(".shape")) for name in packed if name.endswith(".shape"))
    return {tap: _layer(*(packed[f"{tap}.{part}"] for part in ("shape", "where", "values"))) for tap in taps}


def _layer(shape: NDArray[np.int64], where: NDArray[np.uint8], values: NDArray[np.float32]) -> torch.Tensor:
    places = np.zeros(shape, np.float32)
    filled = np.flatnonzero(np.unpackbits(where, count=places.size).view(bool))  # 5 times as fast as the bits
    places.reshape(-1)[filled] = values
    return torch.from_numpy(places).permute(2, 0, 1)[None]
