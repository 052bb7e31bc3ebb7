"""Before the first frame: does a WebUI have all that is asked of it, and does the LoRA act?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.stylization.engine import Paint
from orchestrator.stylization.webui_engine import recipe
from orchestrator.webui import catalogue, options
from orchestrator.webui.lora_effect import lora_acts
from orchestrator.webui.request import img2img

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.stylization.engine import Look
    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.stylization.webui_engine import Painter
    from orchestrator.webui.wire import Img2ImgRequest

_SIDE = 64


def rehearse(painters: Iterable[Painter], style: Look) -> None:
    """Make sure that each WebUI can do what will be asked of it, and measure that its LoRA acts.

    Raises:
        WebUIRefused: a WebUI lacks something; the message names what comes nearest.
        EffectMissing: the LoRA changes nothing.
        WebUIError: a WebUI failed.
    """
    for painter in painters:
        init = np.full((_SIDE, _SIDE, 3), 128, np.uint8)
        loras = painter.acting(style)
        request = painter.request([Paint(init, style, init)])
        catalogue.check(request, painter.server.catalogue, where=painter.server.name)
        options.make_restorable(painter.server.client, request.override_settings)
        lora_acts(painter.server.client, request, loras, hang_timeout=painter.server.settings.hang_timeout)


def wished(settings: StylizeSettings, checkpoint: str | None) -> Img2ImgRequest:
    """Return a request that asks for all that a project will ask of its WebUI, but the LoRA.

    Raises:
        PresetError: its payload cannot be used.
    """
    payload = recipe(settings)
    init = np.full((_SIDE, _SIDE, 3), 128, np.uint8)
    return img2img(
        payload,
        [init],
        prompt=settings.prompt,
        negative_prompt=payload.negative_prompt,
        seed=1,
        strength=payload.denoising_strength,
        loras={},
        checkpoint=checkpoint,
        previous=init,
    )
