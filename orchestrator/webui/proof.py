"""Was done what was asked? A WebUI answers 200 with another sampler, another size or no LoRA at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.errors import EffectMissing
from orchestrator.webui import infotext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.webui.infotext import Infotext
    from orchestrator.webui.wire import GenerationInfo, Img2ImgAnswer, Img2ImgRequest

CHECKPOINT = "sd_model_checkpoint"  # the option that chooses one, also for one request alone
CLIP_SKIP = "CLIP_stop_at_last_layers"

_AUTOMATIC = "Automatic"  # a sampler's own schedule, which is told by its name if it has one
_FLAT = 2  # levels of 255: a range that no painted picture is confined to
_CONTENT = 4.0  # levels of standard deviation from which on a picture shows something
_DARK = 32  # levels: a picture with brighter places was not black
_MIN_DIGITS = 8  # of a content hash; fewer prove nothing
_TOLERANCE = 1e-4  # of numbers that went through text


def prove(
    request: Img2ImgRequest,
    answer: Img2ImgAnswer,
    inits: Sequence[NDArray[np.uint8]],
    pictures: Sequence[NDArray[np.uint8]],
    loras: Mapping[str, str],
    *,
    checkpoint_hash: str | None = None,
) -> None:
    """Compare what was asked with what came back, for each picture of an answer.

    Args:
        request: what was asked.
        answer: what came.
        inits: the pictures sent, each (H, W, 3).
        pictures: `answer.painted(len(inits))`, decoded.
        loras: content hashes of the LoRAs that must have acted, by name.
        checkpoint_hash: the first digits of the checkpoint's hash, if it is known; 8 at least.

    Raises:
        EffectMissing: something differs; the message says what was expected and what came.
    """
    texts = [infotext.parse(text) for text in answer.told(len(inits))]
    faults = [*_count_faults(len(inits), len(pictures), len(texts)), *_run_faults(request, answer.info)]
    faults += _checkpoint_faults(request, answer.info, checkpoint_hash)
    for number, (init, painted) in enumerate(zip(inits, pictures, strict=False)):
        told = texts[number] if number < len(texts) else infotext.parse("")
        own = [
            *_picture_faults(request, init, painted),
            *_field_faults(request, _seed(request, number), told.fields),
            *_script_faults(request, told.fields),
            *_lora_faults(loras, told),
        ]
        faults += [f"picture {number + 1}: {each}" if len(inits) > 1 else each for each in own]
    if faults:
        raise EffectMissing(
            "the WebUI did not do what was asked: " + "; ".join(faults),
            remedy="Check the WebUI's own log, and that it knows the sampler, scheduler and LoRA asked for.",
        )


def _count_faults(expected: int, pictures: int, texts: int) -> Iterator[str]:
    if pictures != expected:
        yield f"expected {expected} pictures, got {pictures}"
    if texts != expected:
        yield f"expected an infotext for each of {expected} pictures, got {texts}"


def _run_faults(request: Img2ImgRequest, info: GenerationInfo) -> Iterator[str]:
    if info.interrupted:
        yield "expected a finished picture, got a partial one: the WebUI was interrupted"
    skip = request.override_settings.get(CLIP_SKIP)
    if skip is not None and info.clip_skip != skip:
        yield f"expected CLIP skip {skip}, got {info.clip_skip}"


def _checkpoint_faults(
    request: Img2ImgRequest, info: GenerationInfo, checkpoint_hash: str | None
) -> Iterator[str]:
    title = request.override_settings.get(CHECKPOINT)
    name, digits = _checkpoint(title) if title else (None, None)
    if name is not None and info.sd_model_name != name:
        yield f"expected checkpoint {name}, got {info.sd_model_name or 'no name'}"
    expected, got = checkpoint_hash or digits, info.sd_model_hash or ""
    if expected is not None and (len(got) < _MIN_DIGITS or not _same_start(expected, got)):
        yield f"expected a checkpoint with hash {expected}, got {got or 'no hash'}"


def _checkpoint(title: str) -> tuple[str, str | None]:
    """Return what an answer calls a checkpoint listed as `folder/name.safetensors [hash]`, and that hash."""
    file, _, digits = title.partition(" [")
    return re.sub(r"\.(safetensors|ckpt)$", "", file).rpartition("/")[2], digits.rstrip("]") or None


def _same_start(one: str, other: str) -> bool:
    length = min(len(one), len(other))
    return one[:length].lower() == other[:length].lower()


def _picture_faults(
    request: Img2ImgRequest, init: NDArray[np.uint8], painted: NDArray[np.uint8]
) -> Iterator[str]:
    height, width = painted.shape[:2]
    if (width, height) != (request.width, request.height):
        yield f"expected a picture of {request.width}x{request.height}, got {width}x{height}"
        return
    # A source may be black for a while; only a picture that lost its content is suspicious.
    has_content = init.std() >= _CONTENT
    if int(painted.max()) - int(painted.min()) <= _FLAT:
        if has_content or (int(init.max()) > _DARK and int(painted.max()) <= _FLAT):
            yield f"expected a picture, got one colour ({painted[0, 0].tolist()})"
    elif has_content and request.denoising_strength > 0 and request.mask is None and _equal(init, painted):
        yield "expected a painted picture, got the very one that was sent"


def _equal(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def _seed(request: Img2ImgRequest, number: int) -> int:
    """Return the seed of a request's picture: they count up, unless there is a second noise to vary."""
    return request.seed if request.subseed_strength else request.seed + number


def _field_faults(request: Img2ImgRequest, seed: int, fields: Mapping[str, str]) -> Iterator[str]:
    asked: dict[str, str | float | None] = {
        "Seed": seed,
        "Steps": request.steps,
        "Sampler": request.sampler_name,
        "Schedule type": None if request.scheduler == _AUTOMATIC else request.scheduler,
        "CFG scale": request.cfg_scale,
        "Denoising strength": request.denoising_strength,
        "Distilled CFG Scale": request.distilled_cfg_scale,
    }
    for key, expected in asked.items():
        if expected is not None and not _matches(expected, fields.get(key, "")):
            yield f"expected {key} {expected}, got {fields.get(key) or 'nothing'}"


def _matches(expected: str | float, got: str) -> bool:
    if isinstance(expected, str):
        return expected == got
    try:
        return abs(float(got) - expected) <= _TOLERANCE
    except ValueError:
        return False


def _script_faults(request: Img2ImgRequest, fields: Mapping[str, str]) -> Iterator[str]:
    """Compare ControlNet's units and ADetailer's passes with what the infotext says of them."""
    scripts = {name.lower(): each.get("args", []) for name, each in (request.alwayson_scripts or {}).items()}
    for number, unit in enumerate(scripts.get("controlnet", [])):
        told = infotext.pairs(fields.get(f"ControlNet {number}", ""))
        for key in ("Module", "Model"):
            expected = unit.get(key.lower())
            if expected and _without_hash(told.get(key, "")) != _without_hash(expected):
                yield f"expected ControlNet {number} with {key} {expected}, got {told.get(key) or 'nothing'}"
    if passes := [each for each in scripts.get("adetailer", []) if isinstance(each, dict)]:
        yield from _detail_faults(passes, fields)


def _detail_faults(passes: Sequence[Mapping[str, Any]], fields: Mapping[str, str]) -> Iterator[str]:
    for expected in (each.get("ad_model") for each in passes):
        got = [value for key, value in fields.items() if key.startswith("ADetailer model")]
        if expected not in got:
            yield f"expected ADetailer with {expected}, got {', '.join(got) or 'nothing'}"


def _without_hash(model: str) -> str:
    return model.partition(" [")[0]


def _lora_faults(expected: Mapping[str, str], told: Infotext) -> Iterator[str]:
    for name, content_hash in expected.items():
        digits = told.lora_hashes.get(name, "").lower()
        if len(digits) < _MIN_DIGITS or not content_hash.startswith(digits):
            yield f"expected LoRA {name} with hash {content_hash[:12]}, got {digits or 'no such LoRA'}"
