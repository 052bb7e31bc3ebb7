"""Payload presets: how to paint, apart from what to paint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from orchestrator import document, presets
from orchestrator.errors import PresetError, ProjectError
from orchestrator.settings import Settings
from orchestrator.webui.adetailer import Detail
from orchestrator.webui.controlnet import ControlNetUnit, listed_name
from orchestrator.webui.flavour import listed

if TYPE_CHECKING:
    from orchestrator.webui.client import Client

SUFFIX = ".yaml"


class Inpaint(Settings):
    """How a region is painted, under the API's own names; the mask itself comes with the picture.

    Attributes:
        mask_blur: radius of the mask's soft edge, pixels.
        inpainting_fill: what painting starts from: 0 the surroundings, 1 the picture, 2 noise, 3 nothing.
        inpaint_full_res: paint the region alone, enlarged to the whole size; its frame moves with the mask.
        inpaint_full_res_padding: pixels around the region that are seen along then.
        inpainting_mask_invert: 1 to paint where the mask is black.
    """

    mask_blur: int = Field(default=4, ge=0, le=64)
    inpainting_fill: int = Field(default=1, ge=0, le=3)
    inpaint_full_res: bool = False
    inpaint_full_res_padding: int = Field(default=32, ge=0, le=256)
    inpainting_mask_invert: int = Field(default=0, ge=0, le=1)


class Payload(Settings):
    """The part of an img2img request that stays the same for a whole video, under the API's own names.

    Attributes:
        sampler_name: as the WebUI lists it, `Euler a`.
        scheduler: label of the noise schedule, `Karras`; the WebUI's own choice when left out.
        steps: nominal steps; `denoising_strength` of them are run.
        cfg_scale: how strictly the prompt is followed; 1 switches the guidance off and halves the time.
        distilled_cfg_scale: the guidance of distilled models such as FLUX; only Forge knows it.
        denoising_strength: 0 keeps the picture, 1 forgets it.
        initial_noise_multiplier: how much noise is added; the WebUI's own setting when left out.
        clip_skip: layers of CLIP from the end; the WebUI's own setting when left out.
        negative_prompt: what to avoid.
        inpaint: a region alone is painted, by a mask that must come with each picture.
        controlnet: units of ControlNet, in their order.
        adetailer: passes of ADetailer, in their order.
    """

    sampler_name: str = Field(min_length=1)
    scheduler: str | None = None
    steps: int = Field(ge=1, le=150)
    cfg_scale: float = Field(ge=1, le=30)
    distilled_cfg_scale: float | None = Field(default=None, ge=0, le=30)
    denoising_strength: float = Field(ge=0, le=1)
    initial_noise_multiplier: float | None = Field(default=None, ge=0, le=1.5)
    clip_skip: int | None = Field(default=None, ge=1, le=12)
    negative_prompt: str = ""
    inpaint: Inpaint | None = None
    controlnet: tuple[ControlNetUnit, ...] = ()
    adetailer: tuple[Detail, ...] = ()

    @property
    def one_at_a_time(self) -> bool:
        """Whether a request can hold one picture only: a control image is one for all of a request."""
        return bool(self.controlnet)

    @property
    def needs_previous(self) -> bool:
        """Whether a unit looks at the picture painted before, so that pictures depend on their order."""
        return any(unit.image == "previous" for unit in self.controlnet)


def load(name: str) -> Payload:
    """Return a preset of `webui_payloads/`, or one of the user's own.

    Args:
        name: its name, or the path of a `.yaml` file.

    Raises:
        PresetError: it is unknown, no YAML, or says something that cannot be; all faults are told at once.
    """
    own = name.endswith(SUFFIX)
    path = Path(name) if own else presets.folder("webui_payloads") / f"{name}{SUFFIX}"
    try:
        if own:
            return document.read(path, Payload)
        text = presets.read("webui_payloads", name)
        return document.parse(text, Payload, name=path.name, folder=path.parent)
    except ProjectError as error:
        raise PresetError(error.what, where=error.where) from error


def changed(payload: Payload, **said: Any) -> Payload:
    """Return a payload with some of its fields changed. Raises PresetError: a value that cannot be."""
    try:
        return Payload.model_validate(payload.model_dump() | said)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise PresetError(f"{place}: {fault['msg']}, not {fault['input']!r}") from None


def as_listed(payload: Payload, client: Client) -> Payload:
    """Return a payload with ControlNet's models under the names that a WebUI lists them by.

    Raises:
        WebUIError: the WebUI failed.
    """
    if not payload.controlnet:
        return payload
    models = listed(client.control_models) or ()
    units = (
        unit.model_copy(update={"model": listed_name(unit.model, models)}) for unit in payload.controlnet
    )
    return payload.model_copy(update={"controlnet": tuple(units)})
