"""Payload presets: how to paint, apart from what to paint."""

from __future__ import annotations

from pydantic import Field

from orchestrator import presets
from orchestrator.document import DocumentError, parse
from orchestrator.errors import PresetError
from orchestrator.settings import Settings


class Payload(Settings):
    """The part of an img2img request that stays the same for a whole video, under the API's own names.

    Attributes:
        sampler_name: as the WebUI lists it, `Euler a`.
        scheduler: label of the noise schedule, `Karras`; the WebUI's own choice when left out.
        steps: nominal steps; `denoising_strength` of them are run.
        cfg_scale: how strictly the prompt is followed; 1 switches the guidance off and halves the time.
        denoising_strength: 0 keeps the picture, 1 forgets it.
        negative_prompt: what to avoid.
    """

    sampler_name: str = Field(min_length=1)
    scheduler: str | None = None
    steps: int = Field(ge=1, le=150)
    cfg_scale: float = Field(ge=1, le=30)
    denoising_strength: float = Field(ge=0, le=1)
    negative_prompt: str = ""


def load(name: str) -> Payload:
    """Return a preset of `webui_payloads/`.

    Raises:
        PresetError: it is unknown, no YAML, or says something that cannot be; all faults are told at once.
    """
    text = presets.read("webui_payloads", name)
    try:
        return parse(text, Payload, name=f"{name}.yaml", folder=presets.folder("webui_payloads"))
    except DocumentError as error:
        raise PresetError(error.what) from error
