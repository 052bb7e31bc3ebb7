"""A WebUI that answers 200 and does something else is caught, picture by picture."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from orchestrator.errors import EffectMissing
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.webui_engine import WebUIEngine
from orchestrator.webui import images
from orchestrator.webui.client import Client
from orchestrator.webui.loras import InstalledLora
from orchestrator.webui.payloads import Payload
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from staged_server import Handler, Staged

HASH = "0a1b2c3d4e5f" + "0" * 52
LORA = InstalledLora("bunny-0a1b2c3d4e5f", Path("bunny.safetensors"), HASH)
PAYLOAD = Payload(sampler_name="DPM++ 2M", scheduler="Karras", steps=20, cfg_scale=7, denoising_strength=0.45)
LOOK = Look("a street", "blurry", seed=42, strength=0.45, lora_weight=0.8)
FRAME = np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8)


@dataclass(frozen=True)
class Deed:
    """What a server really does, whatever it was asked."""

    size: tuple[int, int] = (96, 64)
    blank: bool = False
    interrupted: bool = False
    fields: tuple[tuple[str, str], ...] = (
        ("Steps", "20"),
        ("Sampler", "DPM++ 2M"),
        ("Schedule type", "Karras"),
        ("CFG scale", "7.0"),
        ("Seed", "42"),
        ("Model", "v1-5-pruned"),
        ("Denoising strength", "0.45"),
        ("Lora hashes", '"bunny-0a1b2c3d4e5f: 0a1b2c3d4e5f"'),
    )

    def telling(self, **fields: str) -> Deed:
        told = {**dict(self.fields), **{key.replace("_", " "): value for key, value in fields.items()}}
        return replace(self, fields=tuple(told.items()))


def stage(staged: Staged, deed: Deed) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = []

    def paint(handler: Handler) -> None:
        requests.append(handler.body)
        init = Image.open(io.BytesIO(base64.b64decode(handler.body["init_images"][0])))
        picture = np.asarray(init.resize(deed.size)) * (0 if deed.blank else 1)
        infotext = "a street\n" + ", ".join(f"{key}: {value}" for key, value in deed.fields if value)
        info = json.dumps({"infotexts": [infotext], "all_seeds": [42]})
        handler.send_value({"images": [images.encode(picture)], "parameters": {}, "info": info})

    staged.answers["img2img"] = paint
    staged.answers["progress"] = lambda h: h.send_value({"state": {"interrupted": deed.interrupted}})
    return requests


def paint(staged: Staged, frame: np.ndarray, *, lora: InstalledLora | None = LORA, look: Look = LOOK) -> Any:
    with Client(staged.url, WebUISettings(url=staged.url)) as client:
        engine = WebUIEngine(client, PAYLOAD, lora, checkpoint="sd/v1-5-pruned.safetensors [cc6cb27103]")
        return engine.paint(Paint(frame, look))


def test_what_was_asked_for_is_sent_and_comes_back(staged: Staged) -> None:
    """An honest server passes, and has been sent the frame, losslessly, with all that was asked."""
    requests = stage(staged, Deed())
    assert np.array_equal(paint(staged, FRAME).picture, FRAME)
    (request,) = requests
    assert request["prompt"] == "a street <lora:bunny-0a1b2c3d4e5f:0.8>"
    assert (request["width"], request["height"], request["seed"]) == (96, 64, 42)
    assert request["override_settings"] == {"sd_model_checkpoint": "sd/v1-5-pruned.safetensors [cc6cb27103]"}
    assert np.array_equal(images.decode(request["init_images"][0]), FRAME)


LIES = {
    "another size": (Deed(size=(64, 64)), "96x64, got 64x64"),
    "a black picture": (Deed(blank=True), "got one colour"),
    "a partial picture": (Deed(interrupted=True), "partial"),
    "another sampler": (Deed().telling(Sampler="Euler"), r"Sampler DPM\+\+ 2M, got Euler"),
    "another schedule": (Deed().telling(Schedule_type="Automatic"), "Karras, got Automatic"),
    "other steps": (Deed().telling(Steps="50"), "Steps 20, got 50"),
    "another seed": (Deed().telling(Seed="43"), "Seed 42, got 43"),
    "another strength": (Deed().telling(Denoising_strength="0.75"), "got 0.75"),
    "another checkpoint": (Deed().telling(Model="anime"), "v1-5-pruned, got anime"),
    "no LoRA": (Deed().telling(Lora_hashes=""), "LoRA bunny-0a1b2c3d4e5f .* got no such LoRA"),
    "an older LoRA": (
        Deed().telling(Lora_hashes='"bunny-0a1b2c3d4e5f: ffffffffffff"'),
        "hash 0a1b2c3d4e5f, got f{12}",
    ),
    "no infotext": (Deed(fields=()), "Seed 42, got nothing"),
}


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_is_caught_and_named(staged: Staged, lie: str) -> None:
    """The message says what was expected and what came."""
    deed, words = LIES[lie]
    stage(staged, deed)
    with pytest.raises(EffectMissing, match=words):
        paint(staged, FRAME)


def test_a_black_frame_may_stay_black(staged: Staged) -> None:
    """A film fades to black now and then: that is no fault of the painter."""
    stage(staged, Deed(blank=True))
    assert paint(staged, np.full_like(FRAME, 3)).picture.max() == 0


def test_a_lora_without_weight_is_not_mentioned(staged: Staged) -> None:
    """At weight 0 no LoRA is asked for, and none has to act."""
    requests = stage(staged, Deed().telling(Lora_hashes=""))
    paint(staged, FRAME, look=replace(LOOK, lora_weight=0))
    assert "<lora:" not in requests[0]["prompt"]
