"""Can it paint? A WebUI listens before its model is loaded, and also when that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.webui import images
from orchestrator.webui.proof import CHECKPOINT, prove
from orchestrator.webui.wire import Img2ImgRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.webui.client import Client
    from orchestrator.webui.wire import GenerationInfo

_SIDE = 64


def probe(client: Client, *, checkpoint: str | None, read_timeout: float) -> GenerationInfo:
    """Paint one tiny picture, prove it, and return what the WebUI tells of it: version and checkpoint.

    The prompt is empty: one that mentions a LoRA must not be sent before that is installed.

    Args:
        client: the WebUI.
        checkpoint: what to paint with, as listed; the current one when None.
        read_timeout: seconds to bear until it is painted; a checkpoint may have to be loaded first.

    Raises:
        WebUIError: it does not answer, or cannot paint.
        EffectMissing: it paints something else, such as a black picture or with another checkpoint.
    """
    init = shades(_SIDE)
    request = Img2ImgRequest(
        init_images=(images.encode(init),),
        prompt="",
        seed=1,
        width=_SIDE,
        height=_SIDE,
        sampler_name="Euler",
        steps=1,
        cfg_scale=1.0,
        denoising_strength=0.5,
        override_settings={CHECKPOINT: checkpoint} if checkpoint else {},
    )
    answer = client.img2img(request, read_timeout=read_timeout)
    prove(request, answer, [init], [images.decode(each) for each in answer.painted(1)], {})
    return answer.info


def shades(side: int) -> NDArray[np.uint8]:
    """Return a picture, (side, side, 3), of smooth colours and one edge: something to paint over."""
    ramp = np.linspace(40, 215, side)
    red, green = np.meshgrid(ramp, ramp)
    blue = np.where(red > green, 200.0, 60.0)
    return np.stack([red, green, blue], axis=2).astype(np.uint8)
