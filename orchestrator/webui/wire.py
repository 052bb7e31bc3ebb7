"""What goes over the wire: the fields of `/sdapi/v1` that are used here, under the API's own names."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, Json


class Img2ImgRequest(BaseModel):
    """One picture to paint over.

    Attributes:
        init_images: one PNG, base64.
        width, height: the size to paint, pixels; multiples of 8, or another size comes back.
        scheduler: the label of a noise schedule, such as `Karras`; the WebUI's own choice when None.
        denoising_strength: 0 keeps the picture, 1 forgets it.
        override_settings: options for this one request, such as `sd_model_checkpoint`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    init_images: tuple[str, ...]
    prompt: str
    negative_prompt: str = ""
    seed: int
    width: int
    height: int
    sampler_name: str
    scheduler: str | None = None
    steps: int
    cfg_scale: float
    denoising_strength: float
    override_settings: dict[str, Any] = Field(default_factory=dict)


class _Answer(BaseModel):
    """Servers add fields as they grow; only those named are read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class GenerationInfo(_Answer):
    """What was really done: `parameters` only echoes the request, this does not."""

    infotexts: tuple[str, ...] = ()


class Img2ImgAnswer(_Answer):
    """The pictures, base64, and how they came about."""

    images: tuple[str, ...] = Field(min_length=1)
    info: Json[GenerationInfo]


class LoraEntry(_Answer):
    """A LoRA that the WebUI knows."""

    name: str
    metadata: dict[str, Any] | None = None


class Checkpoint(_Answer):
    """A checkpoint that the WebUI knows; it has no hash before its first use, and its title changes then."""

    title: str
    model_name: str
    hash: str | None = None
    sha256: str | None = None
    filename: str | None = None


class State(_Answer):
    """The current job, or the last one when none is under way."""

    interrupted: bool = False
    skipped: bool = False


class ProgressAnswer(_Answer):
    """How far the current job is."""

    state: State = State()
