"""3x3 convolutions with less than half of the multiplications.

Winograd's minimal filtering, for neural networks by Lavin & Gray, "Fast Algorithms for Convolutional Neural
Networks", CVPR 2016, as ncnn does it on a CPU. PyTorch multiplies what there is to multiply.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAGIC = 7767517  # the first line of every description of a network
_FLOAT32 = np.zeros(1, np.uint32).tobytes()  # before weights: they are single floats
_HALVES = ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage")
_NONE: Mapping[int, object] = MappingProxyType({})
_GIVEN = "given"


@dataclass(frozen=True)
class Filtering:
    """The last layers of a network in ncnn; several threads may use them at once.

    Attributes:
        net: the `ncnn.Net`.
        first: the number of the first of these layers.
        taps: the numbers of those whose results are told.
    """

    net: Any
    first: int
    taps: tuple[int, ...]

    def activations(self, given: torch.Tensor) -> list[torch.Tensor]:
        """Return what leaves the layers `taps`, each (1, C, H', W') float32, channels last.

        Args:
            given: (1, C, H, W) float32: what enters the first layer.

        Raises:
            MemoryError: there is not enough.
        """
        import ncnn

        planes = given[0].contiguous().numpy()
        with self.net.create_extractor() as extractor:
            extractor.input(_GIVEN, ncnn.Mat(planes))  # which only points at the array
            return [_taken(extractor, tap) for tap in self.taps]


def filtering(layers: nn.Sequential, taps: Sequence[int]) -> Filtering | None:
    """Return what does the 3x3 convolutions at a network's end, and what lies between them.

    Each convolution is thought to be followed by a ReLU, and taps to be ReLUs or poolings.

    Args:
        layers: the network.
        taps: the numbers of the layers wanted, ascending; what comes after the last is left out.

    Returns:
        None if the network does not end with layers of these kinds.
    """
    wanted = list(layers)[: taps[-1] + 1]
    end = max((number for number, layer in enumerate(wanted) if not _is_simple(layer)), default=-1) + 1
    first = next(
        (end + place for place, layer in enumerate(wanted[end:]) if isinstance(layer, nn.Conv2d)), None
    )
    if first is None:
        return None
    told = tuple(tap for tap in taps if tap >= first)
    draft = _Draft(frozenset(told))
    for number, layer in enumerate(wanted[first:], first):
        draft.add(number, layer)
    return Filtering(_loaded(draft), first, told)


def _is_simple(layer: nn.Module) -> bool:
    if isinstance(layer, nn.Conv2d):
        sizes = layer.kernel_size, layer.stride, layer.padding
        return sizes == ((3, 3), (1, 1), (1, 1)) and layer.groups == 1
    return isinstance(layer, nn.ReLU) or (isinstance(layer, nn.MaxPool2d) and not layer.ceil_mode)


class _Draft:
    """An ncnn network while it is written down."""

    def __init__(self, taps: frozenset[int]) -> None:
        self.weights: list[bytes] = []
        self._lines: list[str] = []
        self._taps = taps
        self._last = _GIVEN
        self._write("Input", [], [_GIVEN])

    def description(self) -> str:
        """Return it in ncnn's text format."""
        blobs = sum(int(line.split()[3]) for line in self._lines)
        return "\n".join([str(_MAGIC), f"{len(self._lines)} {blobs}", *self._lines, ""])

    def add(self, number: int, layer: nn.Module) -> None:
        """Append a layer."""
        if isinstance(layer, nn.Conv2d):
            self._filter(number, layer)
        elif isinstance(layer, nn.MaxPool2d):
            # 0: the largest; 5: of whole windows only
            self._follow("Pooling", number, {0: 0, 1: layer.kernel_size, 2: layer.stride, 5: 1})
        if number in self._taps:
            self._write("Split", [self._last], [_tap(number), f"after_{number}"])
            self._last = f"after_{number}"

    def _filter(self, number: int, layer: nn.Conv2d) -> None:
        assert layer.bias is not None, "every convolution of these networks has one"
        kernels, bias = (values.detach().contiguous().numpy() for values in (layer.weight, layer.bias))
        # 1: side; 4: padding; 5: with a bias; 6: how many weights; 9: a ReLU follows
        sizes = {0: len(bias), 1: 3, 4: 1, 5: 1, 6: kernels.size, 9: 1}
        self._follow("Convolution", number, sizes)
        self.weights += [_FLOAT32, kernels.tobytes(), bias.tobytes()]

    def _follow(self, kind: str, number: int, sizes: Mapping[int, object]) -> None:
        self._write(kind, [self._last], [f"layer_{number}"], sizes)
        self._last = f"layer_{number}"

    def _write(
        self, kind: str, sources: Sequence[str], results: Sequence[str], sizes: Mapping[int, object] = _NONE
    ) -> None:
        counts = [str(len(sources)), str(len(results))]
        told = [f"{key}={value}" for key, value in sizes.items()]
        self._lines.append(" ".join([kind, f"to_{results[0]}", *counts, *sources, *results, *told]))


def _loaded(draft: _Draft) -> Any:
    import ncnn

    net = ncnn.Net()
    for option in _HALVES:
        setattr(net.opt, option, False)
    net.opt.num_threads = 1  # pictures are looked at side by side
    with TemporaryDirectory() as scratch:  # ncnn takes weights from files only
        weights = Path(scratch) / "weights.bin"
        with weights.open("wb") as file:
            file.writelines(draft.weights)
        failed = net.load_param_mem(draft.description()) or net.load_model(str(weights))
    assert not failed, "ncnn refuses its own format"
    return net


def _taken(extractor: Any, tap: int) -> torch.Tensor:
    failed, layer = extractor.extract(_tap(tap))
    if failed:
        raise MemoryError(f"layer {tap} of a network could not be worked out")
    return torch.from_numpy(np.asarray(layer))[None].contiguous(memory_format=torch.channels_last)


def _tap(number: int) -> str:
    return f"tap_{number}"
