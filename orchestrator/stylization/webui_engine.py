"""Painting with a WebUI, and proof for every picture that it did what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.errors import EffectMissing
from orchestrator.stylization.engine import Look, Paint, Painted
from orchestrator.stylization.settings import TRIGGER
from orchestrator.webui import images, infotext, payloads
from orchestrator.webui.proof import CHECKPOINT, prove
from orchestrator.webui.wire import Img2ImgAnswer, Img2ImgRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.webui.client import Client
    from orchestrator.webui.loras import InstalledLora
    from orchestrator.webui.payloads import Payload


def recipe(settings: StylizeSettings) -> Payload:
    """Return the settings' payload preset with what the settings say otherwise. Raises PresetError."""
    own = {
        "negative_prompt": settings.negative_prompt,
        "denoising_strength": settings.strength,
        "steps": settings.steps,
        "cfg_scale": settings.cfg_scale,
    }
    said = {key: value for key, value in own.items() if value is not None}
    return payloads.load(settings.payload).model_copy(update=said)


def look(settings: StylizeSettings, payload: Payload, trigger: str) -> Look:
    """Return how to paint, with the trigger word in its place.

    Args:
        settings: what the user said.
        payload: the recipe.
        trigger: the word that calls the style up.
    """
    return Look(
        prompt=settings.prompt.replace(TRIGGER, trigger),
        negative_prompt=payload.negative_prompt.replace(TRIGGER, trigger),
        seed=settings.seed,
        strength=payload.denoising_strength,
        lora_weight=settings.lora_weight,
    )


class WebUIEngine:
    """An engine that asks a WebUI."""

    def __init__(
        self, client: Client, payload: Payload, lora: InstalledLora | None, *, checkpoint: str | None = None
    ) -> None:
        self._client = client
        self._payload = payload
        self._lora = lora
        self._options = {CHECKPOINT: checkpoint} if checkpoint else {}

    def paint(self, paint: Paint) -> Painted:
        """Paint one picture.

        Raises:
            WebUIError: the WebUI failed; EffectMissing when it answered, but did something else.
        """
        loras = self._acting(paint.look)
        request = self._request(paint, loras)
        answer = self._client.img2img(request)
        picture = images.decode(answer.images[0])
        told = _told(answer)
        prove(request, infotext.parse(told), paint.init, picture, loras)
        self._check_not_interrupted()
        return Painted(picture, told)

    def _request(self, paint: Paint, loras: Mapping[str, str]) -> Img2ImgRequest:
        height, width = paint.init.shape[:2]
        look, payload = paint.look, self._payload
        mentions = [f"<lora:{name}:{look.lora_weight:g}>" for name in loras]
        return Img2ImgRequest(
            init_images=(images.encode(paint.init),),
            prompt=" ".join([look.prompt, *mentions]),
            negative_prompt=look.negative_prompt,
            seed=look.seed,
            width=width,
            height=height,
            sampler_name=payload.sampler_name,
            scheduler=payload.scheduler,
            steps=payload.steps,
            cfg_scale=payload.cfg_scale,
            denoising_strength=look.strength,
            override_settings=self._options,
        )

    def _acting(self, look: Look) -> dict[str, str]:
        """Return the content hash of the LoRA that must act, by its name."""
        if self._lora is None or look.lora_weight == 0:
            return {}
        return {self._lora.name: self._lora.content_hash}

    def _check_not_interrupted(self) -> None:
        state = self._client.progress().state
        if state.interrupted or state.skipped:
            raise EffectMissing(
                "the WebUI was interrupted while it painted: expected a finished picture, got a partial one",
                where=self._client.url,
                remedy="Run the same command again: what is finished is kept.",
            )


def _told(answer: Img2ImgAnswer) -> str:
    return answer.info.infotexts[0] if answer.info.infotexts else ""
