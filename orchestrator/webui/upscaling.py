"""Enlarging pictures by a WebUI's upscalers, and proof that they did it.

A WebUI answers 200 with a plainly resized picture when it lists an upscaler whose weights are missing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from orchestrator.errors import EffectMissing
from orchestrator.webui import images
from orchestrator.webui.catalogue import check_upscaler, painted_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from orchestrator.webui.client import Client
    from orchestrator.webui.opening import Server

_PLAIN = frozenset({"Lanczos", "Nearest"})  # those that are no networks, and say so
_FINENESS = 1000  # steps of a factor: rounded up to one, no side comes out a pixel too short
_BLOCK = 8  # pixels, over whose means a picture is compared: detail is what upscalers invent
_DIFFERENT = 16.0  # levels of 255, in the mean, from which on it is another picture
_PLAINLY = 0.5  # levels, in the mean, below which a picture was resized and nothing else
_SIDE = 64


def enlarged(client: Client, picture: NDArray[np.uint8], upscaler: str, factor: float) -> NDArray[np.uint8]:
    """Have a picture enlarged.

    Args:
        client: the WebUI.
        picture: (H, W, 3) uint8 RGB.
        upscaler: as the WebUI lists it.
        factor: how many times as long its sides become, above 1; rounded up to thousandths.

    Returns:
        (factor · H, factor · W, 3) uint8 RGB, or less than 8 pixels smaller, as WebUIs round sizes.

    Raises:
        EffectMissing: what came back is smaller, or another picture.
        WebUIError: the WebUI failed.
    """
    exact = math.ceil(factor * _FINENESS) / _FINENESS
    large = images.decode(client.extra_single_image(images.encode(picture), upscaler, exact))
    _prove(picture, large, upscaler, exact, client.url)
    return large


def rehearse(server: Server, upscaler: str) -> None:
    """Make sure that a WebUI has an upscaler, and that it does more than to resize.

    Raises:
        WebUIRefused: the WebUI does not list it.
        EffectMissing: it resizes plainly, or not at all.
        WebUIError: the WebUI failed.
    """
    check_upscaler(upscaler, server.catalogue)
    small = _fine_detail()
    large = enlarged(server.client, small, upscaler, 2)
    if upscaler not in _PLAIN and is_plain(small, large):
        raise EffectMissing(
            f"the upscaler {upscaler} does not act: the picture was resized plainly",
            where=server.client.url,
            remedy="Its weights are probably missing there: see the WebUI's log, or choose another one.",
        )


def is_plain(small: NDArray[np.uint8], large: NDArray[np.uint8]) -> bool:
    """Tell whether a picture, (H, W, 3) uint8, was resized by one of the common filters and nothing else."""
    filters = (resampling for resampling in Image.Resampling)
    size = large.shape[1::-1]
    return any(_distance(_resized(small, size, each), large) < _PLAINLY for each in filters)


def _prove(
    small: NDArray[np.uint8], large: NDArray[np.uint8], upscaler: str, factor: float, where: str
) -> None:
    width, height = (round(side * factor) for side in small.shape[1::-1])
    least = painted_size(width, height)
    if any(side < due for side, due in zip(large.shape[1::-1], least, strict=True)):
        raise EffectMissing(
            f"the upscaler {upscaler} did not enlarge: expected {width}x{height} pixels,"
            f" got {large.shape[1]}x{large.shape[0]}",
            where=where,
            remedy="See the WebUI's log, or choose another `stylize.upscaler`.",
        )
    if (apart := _distance(*_blocks(small, large))) > _DIFFERENT:
        raise EffectMissing(
            f"the upscaler {upscaler} returned another picture: it differs by {apart:.0f} levels in the mean",
            where=where,
            remedy="See the WebUI's log, or choose another `stylize.upscaler`.",
        )


def _blocks(*shown: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Yield pictures of one thing as the means of its blocks."""
    width, height = (max(side // _BLOCK, 1) for side in shown[0].shape[1::-1])
    return (_resized(each, (width, height), Image.Resampling.BOX) for each in shown)


def _resized(
    picture: NDArray[np.uint8], size: tuple[int, int], resampling: Image.Resampling
) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize(size, resampling))


def _distance(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def _fine_detail() -> NDArray[np.uint8]:
    """Return slanted lines on shades, which networks sharpen and filters do not, (64, 64, 3)."""
    y, x = np.indices((_SIDE, _SIDE))
    lines = 96 * ((x + y // 3) // 3 % 2)
    return np.dstack((lines + x, lines + y, lines + 64)).astype(np.uint8)
