"""Convolutional features of three ImageNet networks, laid out and named as torchvision does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from orchestrator.errors import ImageError, ModelFileError
from orchestrator.metrics.table import SMALLEST_SIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

Architecture = Literal["alexnet", "vgg16", "squeezenet1_1"]

SHIPPED = Path(__file__).parent / "weights"
_PREFIX = "features."


@dataclass(frozen=True)
class Backbone:
    """A frozen network on its device; layer numbers are torchvision's `features.<n>`."""

    layers: nn.Sequential
    device: torch.device

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
    layers = _LAYOUTS[architecture]()
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
    return Backbone(layers.eval().requires_grad_(requires_grad=False).to(device), torch.device(device))


def to_batch(images: Sequence[NDArray[np.uint8]], device: torch.device) -> torch.Tensor:
    """Return (H, W, 3) uint8 pictures of one size as (N, 3, H, W) float32 from 0 to 255.

    Raises:
        ImageError: sizes differ, or a side is shorter than `SMALLEST_SIDE` pixels.
    """
    shapes = {image.shape for image in images}
    if len(shapes) != 1:
        raise ImageError(f"pictures to be compared have different sizes: {sorted(shapes)}")
    height, width, _ = shapes.pop()
    if min(height, width) < SMALLEST_SIDE:
        raise ImageError(f"a picture of {width}x{height} is too small to be measured")
    return torch.from_numpy(np.stack(images)).to(device).permute(0, 3, 1, 2).float()


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
            remedy=f"Set score.weights.{architecture} to a .safetensors file with torchvision's weights.",
        )
    return SHIPPED / "alexnet_features.safetensors"


def _alexnet() -> nn.Sequential:
    """Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks"."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(64, 192, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(192, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1),
        nn.ReLU(),
    )


def _vgg16() -> nn.Sequential:
    """Simonyan & Zisserman 2015, configuration D, without its last pooling."""
    layers: list[nn.Module] = []
    channels = 3
    for block, (width, depth) in enumerate([(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]):
        layers += [nn.MaxPool2d(2)] if block else []
        for _ in range(depth):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers)


class _Fire(nn.Module):
    """Squeeze to few channels, then expand with 1x1 and 3x3 kernels side by side."""

    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        squeezed = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], 1).relu()


def _squeezenet1_1() -> nn.Sequential:
    """Iandola et al. 2016, version 1.1."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, stride=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        _Fire(64, 16, 64),
        _Fire(128, 16, 64),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        _Fire(128, 32, 128),
        _Fire(256, 32, 128),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        _Fire(256, 48, 192),
        _Fire(384, 48, 192),
        _Fire(384, 64, 256),
        _Fire(512, 64, 256),
    )


_LAYOUTS: Mapping[Architecture, Callable[[], nn.Sequential]] = {
    "alexnet": _alexnet,
    "vgg16": _vgg16,
    "squeezenet1_1": _squeezenet1_1,
}
