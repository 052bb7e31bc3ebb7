"""Convolutions with few multiplications against PyTorch's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import numpy as np
import pytest
import torch
from skimage import data
from torch import nn

from orchestrator.metrics.backbone import Backbone, load_backbone
from orchestrator.metrics.layouts import LAYOUTS
from orchestrator.metrics.winograd import filtering

PHOTO = data.astronaut()
ALEXNET = (1, 4, 7, 9, 11)
VGG16 = (1, 3, 8, 15, 22, 29)


def seen(backbone: Backbone, picture: np.ndarray, taps: tuple[int, ...]) -> list[torch.Tensor]:
    """What the network sees in a picture, as scoring asks for it."""
    return list(backbone.look([picture], taps)[0].values())


def plainly(backbone: Backbone, picture: np.ndarray, taps: tuple[int, ...]) -> list[torch.Tensor]:
    """The same by PyTorch, in double precision."""
    colours = torch.from_numpy(picture).permute(2, 0, 1)[None].double() / 255
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return Backbone(deepcopy(backbone.layers).double(), torch.device("cpu")).activations(
        (colours - mean) / std, taps
    )


def untrained(architecture: str) -> Backbone:
    """A network whose weights nobody has learned."""
    torch.manual_seed(0)
    layers = LAYOUTS[architecture]()  # type: ignore[index]
    return Backbone(layers.eval().requires_grad_(requires_grad=False), torch.device("cpu"))


@pytest.mark.parametrize("size", [(272, 401), (64, 63), (35, 130), (32, 32)])
@pytest.mark.parametrize("architecture", ["alexnet", "vgg16"])
def test_layers_are_those_of_pytorch(architecture: str, size: tuple[int, int]) -> None:
    """Every layer looked at equals double precision to 1e-5 of its largest value, at sizes even and odd."""
    backbone = load_backbone("alexnet") if architecture == "alexnet" else untrained("vgg16")
    taps = ALEXNET if architecture == "alexnet" else VGG16
    picture = np.ascontiguousarray(PHOTO[: size[0], : size[1]])
    assert filtering(backbone.layers, taps) is not None
    for ours, theirs in zip(seen(backbone, picture, taps), plainly(backbone, picture, taps), strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=0, atol=1e-5 * theirs.max().item())


def test_some_layers_may_be_asked_for() -> None:
    """The layers wanted decide nothing but which are told: early ones, late ones, one right between."""
    backbone = load_backbone("alexnet")
    every = dict(zip(ALEXNET, seen(backbone, PHOTO, ALEXNET), strict=True))
    for taps in ((11,), (1, 4), (4, 7), (1, 9)):
        for tap, layer in zip(taps, seen(backbone, PHOTO, taps), strict=True):
            torch.testing.assert_close(layer, every[tap], rtol=0, atol=1e-5 * every[tap].max().item())
    (pooled,) = seen(backbone, PHOTO, (5,))
    assert pooled.shape == (1, 192, 31, 31)


def test_what_was_seen_stays() -> None:
    """What was seen in one picture is not written over by the next ones, nor by another thread's."""
    backbone = load_backbone("alexnet")
    pictures = [np.roll(PHOTO, shift, 1) for shift in range(0, 400, 50)]
    alone = [[layer.clone() for layer in seen(backbone, picture, ALEXNET)] for picture in pictures]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda picture: seen(backbone, picture, ALEXNET), pictures))
    for one, other in zip(alone, together, strict=True):
        assert all(torch.equal(*layers) for layers in zip(one, other, strict=True))


def test_other_networks_are_left_to_pytorch() -> None:
    """Networks that end with other layers are not its concern, nor layers before the last convolutions."""
    assert filtering(LAYOUTS["squeezenet1_1"](), (1, 4, 12)) is None
    assert filtering(LAYOUTS["alexnet"](), (1, 4)) is None
    assert filtering(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, stride=2), nn.ReLU()), (1,)) is None
