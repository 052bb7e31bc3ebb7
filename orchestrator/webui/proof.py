"""Was done what was asked? A WebUI answers 200 with another sampler, another size or no LoRA at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.errors import EffectMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.webui.infotext import Infotext
    from orchestrator.webui.wire import Img2ImgRequest

CHECKPOINT = "sd_model_checkpoint"  # the option that chooses one, also for one request alone

_FLAT = 2  # levels of 255: a range that no painted picture is confined to
_CONTENT = 4.0  # levels of standard deviation from which on a picture shows something
_MIN_DIGITS = 8  # of a content hash; fewer prove nothing
_TOLERANCE = 1e-4  # of numbers that went through text


def prove(
    request: Img2ImgRequest,
    told: Infotext,
    init: NDArray[np.uint8],
    painted: NDArray[np.uint8],
    loras: Mapping[str, str],
) -> None:
    """Compare what was asked with what came back.

    Args:
        request: what was asked.
        told: the infotext of the answer.
        init: the picture sent, (H, W, 3).
        painted: the picture that came back.
        loras: content hashes of the LoRAs that must have acted, by name.

    Raises:
        EffectMissing: something differs; the message says what was expected and what came.
    """
    faults = [
        *_picture_faults(request, init, painted),
        *_field_faults(request, told.fields),
        *_lora_faults(loras, told.lora_hashes),
    ]
    if faults:
        raise EffectMissing(
            "the WebUI did not do what was asked: " + "; ".join(faults),
            remedy="Check the WebUI's own log, and that it knows the sampler, scheduler and LoRA asked for.",
        )


def _picture_faults(
    request: Img2ImgRequest, init: NDArray[np.uint8], painted: NDArray[np.uint8]
) -> Iterator[str]:
    height, width = painted.shape[:2]
    if (width, height) != (request.width, request.height):
        yield f"expected a picture of {request.width}x{request.height}, got {width}x{height}"
    # A source may be black for a while; only a picture that lost its content is suspicious.
    if init.std() >= _CONTENT and int(painted.max()) - int(painted.min()) <= _FLAT:
        yield f"expected a picture, got one colour ({painted[0, 0].tolist()})"


def _field_faults(request: Img2ImgRequest, fields: Mapping[str, str]) -> Iterator[str]:
    asked: dict[str, str | float] = {
        "Seed": request.seed,
        "Steps": request.steps,
        "Sampler": request.sampler_name,
        "CFG scale": request.cfg_scale,
        "Denoising strength": request.denoising_strength,
    }
    if request.scheduler is not None:
        asked["Schedule type"] = request.scheduler
    if CHECKPOINT in request.override_settings:
        asked["Model"] = _model_name(request.override_settings[CHECKPOINT])
    for key, expected in asked.items():
        if not _equal(expected, fields.get(key, "")):
            yield f"expected {key} {expected}, got {fields.get(key) or 'nothing'}"


def _model_name(title: str) -> str:
    """Return what an infotext calls a checkpoint that is listed as `folder/name.safetensors [hash]`."""
    return re.sub(r"(\.safetensors|\.ckpt)?( \[\w+\])?$", "", title).rpartition("/")[2]


def _equal(expected: str | float, got: str) -> bool:
    if isinstance(expected, str):
        return expected == got
    try:
        return abs(float(got) - expected) <= _TOLERANCE
    except ValueError:
        return False


def _lora_faults(expected: Mapping[str, str], got: Mapping[str, str]) -> Iterator[str]:
    for name, content_hash in expected.items():
        digits = got.get(name, "").lower()
        if len(digits) < _MIN_DIGITS or not content_hash.startswith(digits):
            yield f"expected LoRA {name} with hash {content_hash[:12]}, got {digits or 'no such LoRA'}"
