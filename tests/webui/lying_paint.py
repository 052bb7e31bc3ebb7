"""A cheap painter: the same request gives the same picture, and every setting shows."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

_MENTION = re.compile(r"<lora:([^:>]+):([^:>]+)>")
_HEADER = 8  # bytes of a safetensors file before its header, which say how long that is


@dataclass(frozen=True)
class Lora:
    """A LoRA as it acts: `weights` are the content's hash, which may be another than the one that is told."""

    name: str
    strength: float
    told: str
    weights: str
    text_encoder: bool = True


@dataclass(frozen=True)
class Model:
    """A checkpoint."""

    name: str
    sha256: str

    @property
    def short(self) -> str:
        return self.sha256[:10]

    @property
    def title(self) -> str:
        return f"{self.name}.safetensors [{self.short}]"


@dataclass(frozen=True)
class Recipe:
    """All that decides what is painted, as it is done, which may not be as it was asked."""

    prompt: str
    negative_prompt: str
    sampler: str
    scheduler: str
    steps: int
    cfg_scale: float
    strength: float
    size: tuple[int, int]
    model: Model
    clip_skip: int = 1
    loras: tuple[Lora, ...] = ()
    control: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.steps > 0

    def but(self, **changes: Any) -> Recipe:
        return replace(self, **changes)


def mentions(prompt: str) -> list[tuple[str, float]]:
    """Return the LoRAs that a prompt asks for; what is no number is silently no LoRA."""
    return [(name, float(weight)) for name, weight in _MENTION.findall(prompt) if _is_number(weight)]


def content_hash(file: Path) -> str:
    """Return a LoRA's `sshs_model_hash`: SHA-256 of its tensors without the header."""
    data = file.read_bytes()
    return hashlib.sha256(data[_HEADER + int.from_bytes(data[:_HEADER], "little") :]).hexdigest()


def paint(init: Image.Image, recipe: Recipe, seed: int, mask: Image.Image | None = None) -> Image.Image:
    """Bend each channel of a picture by a curve that follows from the recipe; where the mask is white."""
    fitted = init.convert("RGB").resize(recipe.size)
    table = [level for gamma in _gammas(recipe, seed) for level in _curve(gamma, recipe.strength)]
    done = fitted.point(table)
    return done if mask is None else Image.composite(done, fitted, mask.convert("L").resize(recipe.size))


def _gammas(recipe: Recipe, seed: int) -> list[float]:
    told = [_MENTION.sub("", recipe.prompt).strip(), recipe.negative_prompt, seed, recipe.sampler]
    told += [recipe.scheduler, recipe.steps, recipe.cfg_scale, recipe.model.sha256, recipe.clip_skip]
    gammas = [2 ** (byte / 128 - 1) for byte in _digest([*told, *recipe.control])[:3]]
    for lora in recipe.loras:
        parts = ("unet", "te") if lora.text_encoder else ("unet",)
        for part in parts:
            pull = 0.5 + _digest([part, lora.weights])[0] / 256
            gammas = [gamma * 2 ** (lora.strength * pull) for gamma in gammas]
    return gammas


def _curve(gamma: float, strength: float) -> list[int]:
    amount = min(1.0, max(0.0, strength))
    return [round((1 - amount) * level + amount * 255 * (level / 255) ** gamma) for level in range(256)]


def _digest(told: Sequence[Any]) -> bytes:
    return hashlib.sha256(json.dumps(told).encode()).digest()


def infotext(recipe: Recipe, seed: int, version: str) -> str:
    """Return what A1111 writes beside a picture."""
    hashes = ", ".join(f"{lora.name}: {lora.told[:12]}" for lora in recipe.loras)
    fields: Mapping[str, object] = {
        "Steps": recipe.steps,
        "Sampler": recipe.sampler,
        "Schedule type": recipe.scheduler,
        "CFG scale": recipe.cfg_scale,
        "Seed": seed,
        "Size": "x".join(map(str, recipe.size)),
        "Model hash": recipe.model.short,
        "Model": recipe.model.name,
        "Denoising strength": recipe.strength,
        "Clip skip": recipe.clip_skip if recipe.clip_skip > 1 else None,
        **{f"ControlNet {number}": unit for number, unit in enumerate(recipe.control)},
        "Lora hashes": hashes or None,
        "Version": version,
    }
    line = ", ".join(f"{key}: {_quoted(str(value))}" for key, value in fields.items() if value is not None)
    negative = f"\nNegative prompt: {recipe.negative_prompt}" if recipe.negative_prompt else ""
    return f"{recipe.prompt}{negative}\n{line}"


def decode(text: str) -> Image.Image:
    """Read a picture from base64, with or without a `data:` prefix."""
    data = text.partition(",")[2] if text.startswith("data:") else text
    return Image.open(io.BytesIO(base64.b64decode(data, validate=True)))


def encode(picture: Image.Image, told: str, kind: str = "PNG") -> str:
    """Write a picture as base64, with its infotext where the format has room for it."""
    file = io.BytesIO()
    if kind == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_text("parameters", told)
        picture.save(file, "PNG", pnginfo=chunks, compress_level=1)
    else:
        picture.save(file, kind, quality=95)
    return base64.b64encode(file.getvalue()).decode()


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if any(mark in value for mark in ",\n:") else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
