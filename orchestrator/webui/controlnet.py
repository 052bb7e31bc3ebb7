"""Units of ControlNet: a second network that holds the painting to the shapes of a control image.

Names and ranges are those of the extension's API, which Forge's built-in one shares:
https://github.com/Mikubill/sd-webui-controlnet/wiki/API
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from orchestrator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable


class ControlNetUnit(Settings):
    """One unit.

    Attributes:
        model: the network as the WebUI lists it; the `[hash]` behind it may be left out.
        module: the preprocessor that makes the control image, such as `softedge_pidinet`; none when left out.
        weight: how strongly it acts.
        image: what it looks at: `init` is the picture to paint over; `previous` the picture painted before
            it, so that the unit is left out for the first one.
        masked: act only where the picture's mask is white.
        resize_mode: how an image of another size is fitted.
        processor_res, threshold_a, threshold_b: the preprocessor's own numbers; its defaults when -1.
        guidance_start, guidance_end: the share of the steps from which and up to which it acts.
        pixel_perfect: preprocess at the size painted; then `processor_res` does not matter.
        control_mode: which of prompt and unit prevails.
    """

    model: str = Field(min_length=1)
    module: str | None = None
    weight: float = Field(default=1.0, ge=0, le=2)
    image: Literal["init", "previous"] = "init"
    masked: bool = False
    resize_mode: Literal["Just Resize", "Crop and Resize", "Resize and Fill"] = "Crop and Resize"
    processor_res: int = Field(default=-1, ge=-1, le=4096)
    threshold_a: float = -1
    threshold_b: float = -1
    guidance_start: float = Field(default=0.0, ge=0, le=1)
    guidance_end: float = Field(default=1.0, ge=0, le=1)
    pixel_perfect: bool = True
    control_mode: Literal["Balanced", "My prompt is more important", "ControlNet is more important"] = (
        "Balanced"
    )

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> ControlNetUnit:
        if self.guidance_start > self.guidance_end:
            message = f"guidance_start {self.guidance_start} lies behind guidance_end {self.guidance_end}"
            raise ValueError(message)
        return self


def arguments(unit: ControlNetUnit, image: str, mask: str | None) -> dict[str, Any]:
    """Return a unit as the API takes it.

    Args:
        unit: what it is to do.
        image: the control image, base64.
        mask: the picture's mask, base64; None when the whole picture is painted.
    """
    said = unit.model_dump(mode="json", exclude={"image", "module", "masked"})
    # without `module` each server takes its own word for none, which they write differently
    own = {"module": unit.module} if unit.module else {}
    # `mask_image` is Forge's name, which the extension takes for its own `mask`
    where = {"mask_image": mask} if mask and unit.masked else {}
    # the default of `enabled` differs between servers; detected maps would come back as further pictures
    return {"enabled": True, "image": image, "save_detected_map": False, **said, **own, **where}


def listed_name(name: str, listed: Iterable[str]) -> str:
    """Return a model's name with the `[hash]` that the WebUI lists it with; as it is when there is none such.

    Forge takes nothing but the whole name.
    """
    names = list(listed)
    stems = {each.rpartition(" [")[0]: each for each in names}
    return name if name in names else stems.get(name, name)
