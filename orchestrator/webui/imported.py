"""A picture's infotext as a payload: how it was painted, to paint others so."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from orchestrator.errors import PresetError
from orchestrator.webui import infotext
from orchestrator.webui.payloads import Payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.webui.infotext import Infotext

_LORA = re.compile(r"\s*<(?:lora|lyco|hypernet):[^<>]*>")
_UNIT = re.compile(r"ControlNet \d+")
_LORA_REASON = "a project brings its own LoRA; write this into the prompt if the WebUI has it"
_TXT2IMG_STRENGTH = "0.45"
_SCHEDULES = (
    " Karras",
    " Exponential",
    " Polyexponential",
)  # WebUIs before 1.9 wrote them behind the sampler
_FILLS = {"fill": 0, "original": 1, "latent noise": 2, "latent nothing": 3}

_PLAIN = {
    "Steps": "steps",
    "Sampler": "sampler_name",
    "Schedule type": "scheduler",
    "CFG scale": "cfg_scale",
    "Distilled CFG Scale": "distilled_cfg_scale",
    "Denoising strength": "denoising_strength",
    "Noise multiplier": "initial_noise_multiplier",
    "Clip skip": "clip_skip",
}
_INPAINT = {
    "Mask blur": "mask_blur",
    "Mask mode": "inpainting_mask_invert",
    "Masked content": "inpainting_fill",
    "Inpaint area": "inpaint_full_res",
    "Masked area padding": "inpaint_full_res_padding",
}
_DETAIL = {
    "model": "ad_model",
    "prompt": "ad_prompt",
    "negative prompt": "ad_negative_prompt",
    "confidence": "ad_confidence",
    "dilate erode": "ad_dilate_erode",
    "mask blur": "ad_mask_blur",
    "denoising strength": "ad_denoising_strength",
    "inpaint only masked": "ad_inpaint_only_masked",
    "inpaint padding": "ad_inpaint_only_masked_padding",
}
_UNIT_KEYS = {
    "Module": "module",
    "Model": "model",
    "Weight": "weight",
    "Resize Mode": "resize_mode",
    "Processor Res": "processor_res",
    "Threshold A": "threshold_a",
    "Threshold B": "threshold_b",
    "Guidance Start": "guidance_start",
    "Guidance End": "guidance_end",
    "Pixel Perfect": "pixel_perfect",
    "Control Mode": "control_mode",
}
_REASONS = {
    "Seed": "it is the project's: stylize.seed",
    "Size": "it is the project's: stylize.size, or the video's own",
    "Model": "the checkpoint is chosen by webui.checkpoint",
    "Model hash": "the checkpoint is chosen by webui.checkpoint",
    "VAE": "it is chosen in the WebUI itself",
    "VAE hash": "it is chosen in the WebUI itself",
    "Lora hashes": "LoRAs are called up in the prompt",
    "Version": "it says who painted, not how",
    "ADetailer version": "it says who painted, not how",
}


@dataclass(frozen=True)
class Imported:
    """What an infotext says, as ours.

    Attributes:
        payload: how to paint.
        prompt: what to paint, without LoRAs.
        seed: the picture's own; None when it is not told.
        left_out: what was not taken over, each with the reason.
    """

    payload: Payload
    prompt: str
    seed: int | None
    left_out: dict[str, str] = field(default_factory=dict)


def of_infotext(text: str) -> Imported:
    """Return what an infotext says as a payload and what belongs beside it.

    Raises:
        PresetError: it does not say what is needed, or says what cannot be.
    """
    told = infotext.parse(text)
    if not told.fields:
        raise PresetError("this is no infotext: it has no line that begins with `Steps:`")
    prompt, loras = _LORA.sub("", told.prompt).strip(), _LORA.findall(told.prompt)
    seed = told.fields.get("Seed", "")
    try:
        payload = Payload.model_validate(_payload(told))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise PresetError(
            f"the infotext says what no payload can: {place}: {fault['msg']}, not {fault['input']!r}"
        ) from error
    left_out = _left_out(told.fields) | {lora.strip(): _LORA_REASON for lora in loras}
    return Imported(payload, prompt, int(seed) if seed.isdecimal() else None, left_out)


def _payload(told: Infotext) -> dict[str, Any]:
    plain: dict[str, Any] = {
        ours: told.fields[theirs] for theirs, ours in _PLAIN.items() if theirs in told.fields
    }
    plain.setdefault("denoising_strength", _TXT2IMG_STRENGTH)
    return {
        **plain,
        **_noise(plain),
        "negative_prompt": told.negative_prompt,
        "inpaint": _inpaint(told.fields),
        "controlnet": [_unit(value) for name, value in told.fields.items() if _UNIT.fullmatch(name)],
        "adetailer": list(_details(told.fields)),
    }


def _noise(plain: Mapping[str, str]) -> dict[str, str | None]:
    """Return sampler and schedule apart; `Automatic` is what leaving it out means."""
    sampler, schedule = plain.get("sampler_name", ""), plain.get("scheduler")
    ending = next((each for each in _SCHEDULES if sampler.endswith(each)), "")
    if schedule is None and ending:
        return {"sampler_name": sampler.removesuffix(ending), "scheduler": ending.strip()}
    return {"scheduler": None if schedule == "Automatic" else schedule}


def _inpaint(fields: Mapping[str, str]) -> dict[str, Any] | None:
    said: dict[str, Any] = {ours: fields[theirs] for theirs, ours in _INPAINT.items() if theirs in fields}
    if not said:
        return None
    meaning = {
        "inpainting_mask_invert": int(said.get("inpainting_mask_invert") == "Inpaint not masked"),
        "inpainting_fill": _FILLS.get(said.get("inpainting_fill", "original"), 1),
        "inpaint_full_res": said.get("inpaint_full_res") == "Only masked",
    }
    return {**said, **meaning}


def _unit(text: str) -> dict[str, str]:
    said = infotext.pairs(text)
    unit = {ours: said[theirs] for theirs, ours in _UNIT_KEYS.items() if theirs in said}
    return {name: value for name, value in unit.items() if (name, value.lower()) != ("module", "none")}


def _details(fields: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for ending in ("", " 2nd", " 3rd", " 4th"):
        said = {ours: fields.get(f"ADetailer {theirs}{ending}") for theirs, ours in _DETAIL.items()}
        if said["ad_model"]:
            yield {name: value for name, value in said.items() if value is not None}


def _left_out(fields: Mapping[str, str]) -> dict[str, str]:
    reasons = {
        name: _REASONS.get(name, "it has no counterpart that is known here")
        for name in fields
        if name not in {*_PLAIN, *_INPAINT} and not _UNIT.fullmatch(name) and not _is_detail(name)
    }
    if "Denoising strength" not in fields:
        reasons["denoising_strength"] = (
            f"the picture was painted from words alone; {_TXT2IMG_STRENGTH} is taken"
        )
    return reasons


def _is_detail(name: str) -> bool:
    return re.sub(r" (2nd|3rd|4th)$", "", name).removeprefix("ADetailer ") in _DETAIL
