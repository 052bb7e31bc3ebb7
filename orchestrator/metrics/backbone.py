"""Convolutional features of three ImageNet networks, named as torchvision does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from orchestrator.errors import ImageError, ModelFileError
from orchestrator.metrics.layouts import LAYOUTS
from orchestrator.metrics.table import SMALLEST_SIDE
from orchestrator.metrics.winograd import Filtering, filtering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from orchestrator.metrics.layouts import Architecture

    Frame = NDArray[np.uint8]

SHIPPED = Path(__file__).parent / "weights"
_PREFIX = "features."
# ImageNet's, of colours from 0 to 1. LPIPS writes the same numbers for colours from -1 to 1.
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_COLOURS = np.arange(256, dtype=np.float32)[:, np.newaxis, np.newaxis]
_SHIFT, _SCALE = (np.float32(255) * np.array(each, np.float32) for each in (_MEAN, _STD))
_TABLE = (_COLOURS - _SHIFT) / _SCALE  # what becomes of each value of each channel, (256, 1, 3)

Layers = dict[int, torch.Tensor]
"""What leaves the layers of a network, by torchvision's number: for each (1, C, H', W') float32."""


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen network on its device; layer numbers are torchvision's `features.<n>`."""

    layers: nn.Sequential
    device: torch.device
    _filtering: dict[tuple[int, ...], Filtering | None] = field(default_factory=dict, repr=False)
    _making: Lock = field(default_factory=Lock, repr=False)

    def activations(self, images: torch.Tensor, taps: Sequence[int]) -> list[torch.Tensor]:
        """Return what leaves the layers numbered `taps` (ascending), each (N, C, H', W').

        `images` is (N, 3, H, W) float, normalised as the caller's method wants it. Convolutions run in
        full float32 on a GPU too: TF32 would move LPIPS in its third decimal.
        """
        found = []
        with torch.inference_mode(), torch.backends.cudnn.flags(allow_tf32=False):
            for number, layer in zip(range(taps[-1] + 1), self.layers, strict=False):
                images = layer(images)
                if number in taps:
                    found.append(images)
        return found

    def look(self, frames: Sequence[Frame], taps: Sequence[int]) -> list[Layers]:
        """Return what the network sees in each picture, at the picture's own size, ImageNet-normalised.

        A CPU takes the pictures one by one: more at once are no faster there, and hold more memory.

        Args:
            frames: (H, W, 3) uint8 RGB, all of one size.
            taps: the layers wanted, ascending.

        Raises:
            ImageError: sizes differ, or a side is shorter than `SMALLEST_SIDE` pixels.
        """
        if self.device.type == "cpu":
            check_sizes(frames)
            return [self._look_at(frame, tuple(taps)) for frame in frames]
        found = self.activations(normalised(frames, self.device), taps)
        return [
            {tap: layer[place, None] for tap, layer in zip(taps, found, strict=True)}
            for place in range(len(frames))
        ]

    def _look_at(self, frame: Frame, taps: tuple[int, ...]) -> Layers:
        """Look at one picture on a CPU; what can be done with few multiplications is."""
        with self._making:  # several threads begin at once, and one is enough to make it
            if taps not in self._filtering:
                self._filtering[taps] = filtering(self.layers, taps)
        picture, last = normalised([frame], self.device), self._filtering[taps]
        if last is None:
            return dict(zip(taps, self.activations(picture, taps), strict=True))
        early = [tap for tap in taps if tap < last.first]
        found = self.activations(picture, [*early, last.first - 1]) if last.first else [picture]
        return dict(zip(taps, [*found[: len(early)], *last.activations(found[-1])], strict=True))


def load_backbone(architecture: Architecture, weights: Path | None = None, device: str = "cpu") -> Backbone:
    """Return a network with torchvision's weights.

    Args:
        architecture: which network.
        weights: a safetensors file with torchvision's keys (`features.0.weight`, …; others are ignored);
            None takes the shipped file, which exists for `alexnet` only.
        device: where to compute, as torch names it.

    Raises:
        ModelFileError: no file for this network, or one of another kind.
    """
    path = weights or _shipped(architecture)
    layers = LAYOUTS[architecture]()
    state = {
        key.removeprefix(_PREFIX): value
        for key, value in read_tensors(path).items()
        if key.startswith(_PREFIX)
    }
    try:
        layers.load_state_dict(state)
    except RuntimeError as error:
        raise ModelFileError(
            f"this file does not hold torchvision's {architecture} features", where=str(path)
        ) from error
    frozen = layers.eval().requires_grad_(requires_grad=False)
    # pictures lie pixel by pixel, and convolutions are faster if their weights do too
    frozen.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stubs lack it
    return Backbone(frozen.to(device), torch.device(device))


def normalised(images: Sequence[Frame], device: torch.device) -> torch.Tensor:
    """Return (H, W, 3) uint8 pictures of one size as torchvision's networks were trained on them.

    Returns:
        (N, 3, H, W) float32, channels last.

    Raises:
        ImageError: as `check_sizes`.
    """
    check_sizes(images)
    if device.type == "cpu":  # five times as fast as arithmetic, to the same bits
        looked_up = [torch.from_numpy(cv2.LUT(image, _TABLE)) for image in images]
        return (looked_up[0][None] if len(images) == 1 else torch.stack(looked_up)).permute(0, 3, 1, 2)
    colours = torch.from_numpy(np.stack(images)).to(device).permute(0, 3, 1, 2).float()
    mean, std = (torch.tensor(each, device=device).view(3, 1, 1) for each in (_MEAN, _STD))
    return (colours - 255 * mean) / (255 * std)


def check_sizes(images: Sequence[Frame]) -> None:
    """Refuse pictures that cannot be compared.

    Raises:
        ImageError: sizes differ, or a side is shorter than `SMALLEST_SIDE` pixels.
    """
    shapes = {image.shape for image in images}
    if len(shapes) != 1:
        raise ImageError(f"pictures to be compared have different sizes: {sorted(shapes)}")
    height, width, _ = shapes.pop()
    if min(height, width) < SMALLEST_SIDE:
        raise ImageError(f"a picture of {width}x{height} is too small to be measured")


def read_tensors(path: Path) -> Mapping[str, torch.Tensor]:
    """Return the tensors of a safetensors file.

    Raises:
        ModelFileError: it is missing, or no safetensors file.
    """
    try:
        tensors: dict[str, torch.Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelFileError(
            f"the weights cannot be read: {error}",
            where=str(path),
            remedy="Name a .safetensors file with torchvision's weights.",
        ) from error
    return tensors


def _shipped(architecture: Architecture) -> Path:
    if architecture != "alexnet":
        raise ModelFileError(
            f"the weights of {architecture} do not ship with this program",
            remedy=f"Set score.weights.{architecture} (or --weights {architecture}=FILE) to a .safetensors"
            " file with torchvision's weights.",
        )
    return SHIPPED / "alexnet_features.safetensors"
