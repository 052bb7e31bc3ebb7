"""Reaching a WebUI that can paint: the only place that tells the embedded one from others."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.webui import images
from orchestrator.webui.client import Client
from orchestrator.webui.embedded import serving
from orchestrator.webui.settings import EMBEDDED
from orchestrator.webui.wire import Img2ImgRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.webui.settings import WebUISettings

_PROBE_SIDE = 64


@contextmanager
def opened(settings: WebUISettings, *, model: str, lora_dir: Path, log: Path) -> Iterator[Client]:
    """Yield a client of the WebUI that the settings name, ready to paint.

    Args:
        settings: which WebUI.
        model: what the embedded WebUI paints with: `pocket`, or the path of a checkpoint.
        lora_dir: where the embedded WebUI looks for LoRAs.
        log: the embedded WebUI's output is added to this file.

    Raises:
        WebUIError: it cannot be reached, or cannot paint.
    """
    embedded = settings.url == EMBEDDED
    service = serving(settings, model=model, lora_dir=lora_dir, log=log) if embedded else None
    with service or Client(settings.url, settings) as client:
        probe(client, settings)
        yield client


def probe(client: Client, settings: WebUISettings) -> None:
    """Paint one tiny picture: a WebUI listens before its model is loaded, and also when that failed.

    Raises:
        WebUIError: it does not answer, or cannot paint.
    """
    grey = np.full((_PROBE_SIDE, _PROBE_SIDE, 3), 128, np.uint8)
    request = Img2ImgRequest(
        init_images=(images.encode(grey),),
        prompt="",
        seed=1,
        width=_PROBE_SIDE,
        height=_PROBE_SIDE,
        sampler_name="Euler",
        steps=1,
        cfg_scale=1.0,
        denoising_strength=0.5,
    )
    answer = client.img2img(request, read_timeout=settings.ready_timeout)
    images.decode(answer.images[0])
