"""What goes over the wire: the fields of `/sdapi/v1` that are used here, under the API's own names."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, Json


class Img2ImgRequest(BaseModel):
    """Pictures to paint over. Fields that are None are not sent: the server's own default stands then.

    Attributes:
        init_images: PNGs, base64; several are painted by one request, with one prompt and one mask.
        prompt: what to paint, with its `<lora:name:weight>` mentions.
        negative_prompt: what to avoid.
        seed: of the first picture; the next have the next ones, unless `subseed_strength` is above 0.
        width, height: the size to paint, pixels; multiples of 8, or another size comes back.
        sampler_name: as `samplers` lists it; anything else silently becomes another sampler.
        scheduler: the label of a noise schedule, such as `Karras`; the WebUI's own choice when None.
        steps: nominal steps; `denoising_strength` of them are run.
        cfg_scale: how strictly the prompt is followed.
        denoising_strength: 0 keeps the picture, 1 forgets it.
        override_settings: options for this one request, such as `sd_model_checkpoint`.
        mask: a picture of the init's size, white where to paint, base64.
        mask_blur: radius of the mask's soft edge, pixels.
        inpainting_fill: what painting starts from below the mask: 0 surroundings, 1 the picture, 2 noise,
            3 nothing.
        inpaint_full_res: paint the mask's surroundings alone, enlarged. A blank mask repaints everything then.
        inpaint_full_res_padding: pixels around the mask that are painted along.
        inpainting_mask_invert: 1 to paint where the mask is black.
        resize_mode: how an init of another size is fitted: 0 stretched, 1 cropped, 2 filled.
        subseed: a second noise, mixed in by `subseed_strength`.
        subseed_strength: 0 to 1. Any above 0 gives all pictures of a request one `seed`.
        batch_size: pictures painted at once; at least as many as init images, or the server fails.
        initial_noise_multiplier: how much noise is added at the start.
        distilled_cfg_scale: guidance of distilled models; Forge alone knows it.
        alwayson_scripts: arguments of extensions, `{"controlnet": {"args": [{...}]}}`.
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
    mask: str | None = None
    mask_blur: int | None = None
    inpainting_fill: int | None = None
    inpaint_full_res: bool | None = None
    inpaint_full_res_padding: int | None = None
    inpainting_mask_invert: int | None = None
    resize_mode: int | None = None
    subseed: int | None = None
    subseed_strength: float | None = None
    batch_size: int | None = None
    initial_noise_multiplier: float | None = None
    distilled_cfg_scale: float | None = None
    alwayson_scripts: dict[str, Any] | None = None


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


class State(_Answer):
    """The current job, or the last one when none is under way."""

    interrupted: bool = False
    skipped: bool = False


class ProgressAnswer(_Answer):
    """How far the current job is."""

    state: State = State()
