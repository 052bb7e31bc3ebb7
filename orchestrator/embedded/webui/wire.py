"""What clients send, with AUTOMATIC1111's names and defaults.

Fields that nobody knows are ignored, as there. Fields that ask for something not built here may only hold
the value that asks for nothing: `unsupported` names them.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

MAX_SIDE = 4096
MAX_STEPS = 1000
MAX_IMAGES = 64
MAX_SEED = 2**63 - 1 - MAX_IMAGES * MAX_IMAGES
MAX_PROMPT = 20_000

Side = Annotated[int, Field(ge=8, le=MAX_SIDE, multiple_of=8)]
Seed = Annotated[int, Field(ge=-1, le=MAX_SEED)]
Count = Annotated[int, Field(ge=1, le=MAX_IMAGES)]
Text = Annotated[str, Field(max_length=MAX_PROMPT)]

_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "styles": ([],),
    "tiling": (False,),
    "restore_faces": (False,),
    "save_images": (False,),
    "enable_hr": (False,),
    "seed_resize_from_h": (-1, 0),
    "seed_resize_from_w": (-1, 0),
    "s_churn": (0,),
    "s_noise": (1,),
    "refiner_checkpoint": ("",),
    "script_name": ("", "None"),
    "alwayson_scripts": ({},),
}


class Painting(BaseModel):
    """What txt2img and img2img share."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    prompt: Text | None = ""
    negative_prompt: Text | None = ""
    seed: Seed | None = -1
    subseed: Seed | None = -1
    subseed_strength: float = Field(default=0.0, ge=0, le=1)
    sampler_name: str | None = None
    sampler_index: str | None = None
    scheduler: str | None = None
    steps: int = Field(default=50, ge=1, le=MAX_STEPS)
    cfg_scale: float = 7.0
    eta: float | None = Field(default=None, ge=0, le=1)
    width: Side = 512
    height: Side = 512
    batch_size: Count = 1
    n_iter: Count = 1
    override_settings: dict[str, Any] = {}
    override_settings_restore_afterwards: bool = True
    send_images: bool = True

    styles: list[str] | None = None
    tiling: bool | None = None
    restore_faces: bool | None = None
    save_images: bool | None = None
    enable_hr: bool | None = None
    seed_resize_from_h: int | None = None
    seed_resize_from_w: int | None = None
    s_churn: float | None = None
    s_noise: float | None = None
    refiner_checkpoint: str | None = None
    script_name: str | None = None
    alwayson_scripts: dict[str, Any] | None = None

    def unsupported(self) -> list[str]:
        """Name the fields that ask for something this server does not do."""
        asked = {field: getattr(self, field) for field in _NEUTRAL}
        return [field for field, value in asked.items() if value is not None and value not in _NEUTRAL[field]]


class Txt2Img(Painting):
    """A picture from words."""


class Img2Img(Painting):
    """Pictures from pictures; the mask is white where to paint."""

    init_images: list[str] | None = None
    denoising_strength: float = 0.75
    resize_mode: int = Field(default=0, ge=0, le=2)
    initial_noise_multiplier: float | None = Field(default=None, ge=0)
    mask: str | None = None
    mask_blur: int | None = Field(default=None, ge=0, le=256)
    mask_blur_x: int = Field(default=4, ge=0, le=256)
    mask_blur_y: int = Field(default=4, ge=0, le=256)
    inpainting_fill: int = Field(default=0, ge=0, le=3)
    inpaint_full_res: bool = True
    inpaint_full_res_padding: int = Field(default=0, ge=0, le=MAX_SIDE)
    inpainting_mask_invert: int = Field(default=0, ge=0, le=1)
    include_init_images: bool = False


class ExtraSingleImage(BaseModel):
    """A picture to be enlarged."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    image: str = ""
    resize_mode: int = Field(default=0, ge=0, le=1)
    upscaling_resize: float = Field(default=2.0, ge=0.05, le=8)
    upscaling_resize_w: int = Field(default=512, ge=1, le=2 * MAX_SIDE)
    upscaling_resize_h: int = Field(default=512, ge=1, le=2 * MAX_SIDE)
    upscaling_crop: bool = True
    upscaler_1: str = "None"
    upscaler_2: str = "None"
    extras_upscaler_2_visibility: float = Field(default=0.0, ge=0, le=1)
    gfpgan_visibility: float = Field(default=0.0, ge=0, le=1)
    codeformer_visibility: float = Field(default=0.0, ge=0, le=1)


class PngInfo(BaseModel):
    """A picture whose parameters are asked for."""

    image: str
