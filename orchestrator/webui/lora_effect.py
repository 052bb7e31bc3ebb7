"""Does a LoRA act? An infotext may show its hash while nothing of it, or an older one, is in the picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.errors import EffectMissing
from orchestrator.webui import asked_again, images
from orchestrator.webui.proof import prove
from orchestrator.webui.readiness import shades

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from orchestrator.webui.client import Client
    from orchestrator.webui.wire import Img2ImgRequest

_SIDE = 128
_STRENGTH = 0.6  # enough for every LoRA to show, whatever little the request itself repaints
_NOISE = (
    3.0  # times what two runs without the LoRA differ by: the first run of a size is not quite the second
)
_LEAST = 0.01  # levels of 255, mean: a hundredth of what rounding to 8 bits could hide
_ALONE: dict[str, Any] = {  # what a picture of the probe's own cannot have
    "mask": None,
    "batch_size": None,
    "alwayson_scripts": None,
    "width": _SIDE,
    "height": _SIDE,
}


def lora_acts(
    client: Client,
    request: Img2ImgRequest,
    loras: Mapping[str, str],
    *,
    hang_timeout: float = 120.0,
) -> dict[str, float]:
    """Measure, once per run, that each LoRA of a request changes what is painted.

    A small picture is painted without the LoRA, with it, and without it again. The first of these also clears
    what a WebUI may remember of the very prompt from before the LoRA was installed.

    Args:
        client: the WebUI, which lists the LoRAs already.
        request: as it will be sent for frames, with each LoRA as `<lora:name:weight>` in its prompt.
        loras: content hashes by name; those of weight 0 left out.
        hang_timeout: as for `asked_again.img2img`.

    Returns:
        By how many levels of 255 the pictures differ in the mean, by name.

    Raises:
        EffectMissing: they do not differ, or one of them was not painted as asked.
        WebUIError: the WebUI failed.
    """
    return {name: _difference(client, request, name, loras, hang_timeout) for name in loras}


def _difference(
    client: Client, request: Img2ImgRequest, name: str, loras: Mapping[str, str], hang_timeout: float
) -> float:
    init = shades(_SIDE)
    strength = max(_STRENGTH, request.denoising_strength)
    probe = {**_ALONE, "init_images": (images.encode(init),), "denoising_strength": strength}
    with_it = request.model_copy(update=probe)
    without = with_it.model_copy(update={"prompt": _without(name, request.prompt)})
    others = {other: digits for other, digits in loras.items() if other != name}
    first, acted, second = (
        _painted(client, each, init, acting, hang_timeout)
        for each, acting in ((without, others), (with_it, loras), (without, others))
    )
    noise, effect = _distance(first, second), _distance(acted, second)
    if effect <= max(_LEAST, _NOISE * noise):
        raise EffectMissing(
            f"the LoRA {name} does not act: expected another picture with it than without,"
            f" got a mean difference of {effect:.3f} levels, and {noise:.3f} between two runs without it",
            where=client.url,
            remedy="Restart the WebUI, and check in its log that it can load this LoRA for its checkpoint.",
        )
    return effect


def _painted(
    client: Client,
    request: Img2ImgRequest,
    init: NDArray[np.uint8],
    loras: Mapping[str, str],
    hang_timeout: float,
) -> NDArray[np.uint8]:
    answer = asked_again.img2img(client, request, hang_timeout=hang_timeout)
    pictures = [images.decode(each) for each in answer.painted(1)]
    prove(request, answer, [init], pictures, loras)
    return pictures[0]


def _without(name: str, prompt: str) -> str:
    return re.sub(rf"\s*<lora:{re.escape(name)}:[^>]*>", "", prompt)


def _distance(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())
