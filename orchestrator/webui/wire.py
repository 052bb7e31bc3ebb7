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
        inpaint_full_res: paint the mask's surroundings alone, enlarged; a blank mask repaints everything.
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

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class GenerationInfo(_Answer):
    """What was really done: `parameters` only echoes the request, this does not.

    Attributes:
        infotexts: one for each picture, and one before them if there is a grid.
        all_seeds: one for each picture.
        index_of_first_image: 1 if a grid of all pictures stands first.
        sd_model_name, sd_model_hash: the checkpoint; the hash has 10 digits.
        clip_skip: 1 for none.
        version: of the program.
        interrupted: whether a picture is unfinished; only the embedded WebUI tells.
    """

    prompt: str | None = None
    all_prompts: tuple[str, ...] = ()
    negative_prompt: str | None = None
    all_negative_prompts: tuple[str, ...] = ()
    seed: int | None = None
    all_seeds: tuple[int, ...] = ()
    subseed: int | None = None
    all_subseeds: tuple[int, ...] = ()
    subseed_strength: float | None = None
    width: int | None = None
    height: int | None = None
    sampler_name: str | None = None
    cfg_scale: float | None = None
    steps: int | None = None
    batch_size: int | None = None
    denoising_strength: float | None = None
    restore_faces: bool | None = None
    face_restoration_model: str | None = None
    sd_model_name: str | None = None
    sd_model_hash: str | None = None
    sd_vae_name: str | None = None
    sd_vae_hash: str | None = None
    seed_resize_from_w: int | None = None
    seed_resize_from_h: int | None = None
    extra_generation_params: dict[str, Any] = Field(default_factory=dict)
    index_of_first_image: int = 0
    infotexts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    job_timestamp: str | None = None
    clip_skip: int | None = None
    is_using_inpainting_conditioning: bool | None = None
    version: str | None = None
    interrupted: bool = False


class Img2ImgAnswer(_Answer):
    """The pictures, base64, and how they came about.

    Detected maps of ControlNet may follow the pictures, and a grid may stand before them: never take them by
    their number, but by `painted`.
    """

    images: tuple[str, ...] = Field(min_length=1)
    info: Json[GenerationInfo]

    def painted(self, count: int) -> tuple[str, ...]:
        """Return the pictures of a request for `count`; fewer, if fewer came."""
        return self.images[self.info.index_of_first_image :][:count]

    def told(self, count: int) -> tuple[str, ...]:
        """Return the infotexts of those pictures."""
        return self.info.infotexts[self.info.index_of_first_image :][:count]


class LoraEntry(_Answer):
    """A LoRA that the WebUI knows."""

    name: str
    alias: str | None = None
    path: str | None = None
    metadata: dict[str, Any] | None = None


class Checkpoint(_Answer):
    """A checkpoint that the WebUI knows; it has no hash before its first use, and its title changes then."""

    title: str
    model_name: str
    hash: str | None = None
    sha256: str | None = None
    filename: str | None = None


class Sampler(_Answer):
    """A sampler; a request must name it exactly."""

    name: str
    aliases: tuple[str, ...] | None = None


class Scheduler(_Answer):
    """A noise schedule; a request names its label."""

    name: str
    label: str


class Named(_Answer):
    """Anything that is listed by its name alone."""

    name: str


class Vae(_Answer):
    """A VAE, or on Forge also a text encoder."""

    model_name: str


class Scripts(_Answer):
    """Titles of scripts and extensions, in lower case."""

    img2img: tuple[str, ...] | None = None


class ControlModels(_Answer):
    """ControlNet's models, each with the first digits of its hash in brackets."""

    model_list: tuple[str, ...] = ()


class ControlModules(_Answer):
    """ControlNet's preprocessors."""

    module_list: tuple[str, ...] = ()


class Space(_Answer):
    """Memory, bytes."""

    free: float | None = None
    used: float | None = None
    total: float | None = None


class Cuda(_Answer):
    """The GPU's memory; `system` is missing where there is no GPU."""

    system: Space | None = None


class Memory(_Answer):
    """Main memory and the GPU's."""

    ram: Space = Space()
    cuda: Cuda = Cuda()


class Enlarged(_Answer):
    """A picture from an upscaler, base64."""

    image: str


class State(_Answer):
    """The current job, or the last one when none is under way.

    Attributes:
        interrupted, skipped: somebody asked for its end; set until the next job begins.
        job: its name; empty when none is under way.
        job_count: pictures or batches of it; 0 when none is under way, -1 while its pictures are encoded.
        job_no: how many of them are done.
        sampling_step, sampling_steps: of the current one.
    """

    interrupted: bool = False
    skipped: bool = False
    job: str | None = None
    job_count: int = 0
    job_no: int = 0
    job_timestamp: str | None = None
    sampling_step: int = 0
    sampling_steps: int | None = 0

    @property
    def is_idle(self) -> bool:
        """Whether no job is under way."""
        return not self.job and self.job_count == 0


class ProgressAnswer(_Answer):
    """How far the current job is, 0 to 1."""

    progress: float = 0.0
    eta_relative: float | None = None
    state: State = State()
