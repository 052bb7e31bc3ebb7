"""A WebUI that answers 200 and does something else is caught, picture by picture."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from orchestrator.errors import EffectMissing
from orchestrator.webui.proof import prove
from orchestrator.webui.wire import Img2ImgAnswer, Img2ImgRequest

LORAS = {"bunny-0a1b2c3d4e5f": "0a1b2c3d4e5f" + "0" * 52}
RANDOM = np.random.default_rng(1)
INITS = [RANDOM.integers(0, 256, (64, 96, 3), np.uint8) for _ in range(2)]
PAINTED = [RANDOM.integers(0, 256, (64, 96, 3), np.uint8) for _ in range(2)]
BLACK = np.zeros((64, 96, 3), np.uint8)
CONTROL = {"controlnet": {"args": [{"module": "tile_resample", "model": "tile"}]}}
DETAIL = {"ADetailer": {"args": [True, False, {"ad_model": "face_yolov8n.pt"}]}}
REQUEST = Img2ImgRequest(
    init_images=("",),
    prompt="a street <lora:bunny-0a1b2c3d4e5f:0.8>",
    seed=42,
    width=96,
    height=64,
    sampler_name="DPM++ 2M",
    scheduler="Karras",
    steps=20,
    cfg_scale=7,
    denoising_strength=0.45,
    override_settings={
        "sd_model_checkpoint": "sd/v1-5-pruned.safetensors [cc6cb27103]",
        "CLIP_stop_at_last_layers": 2,
    },
    alwayson_scripts={**CONTROL, **DETAIL},
)
FIELDS = {
    "Steps": "20",
    "Sampler": "DPM++ 2M",
    "Schedule type": "Karras",
    "CFG scale": "7.0",
    "Seed": "42",
    "Denoising strength": "0.45",
    "ControlNet 0": '"Module: tile_resample, Model: tile [a371b31b], Weight: 1.0"',
    "ADetailer model": "face_yolov8n.pt",
    "Lora hashes": '"bunny-0a1b2c3d4e5f: 0a1b2c3d4e5f"',
}
INFO = {"sd_model_name": "v1-5-pruned", "sd_model_hash": "cc6cb27103", "clip_skip": 2}


def text(**fields: str) -> str:
    told = {**FIELDS, **{key.replace("_", " "): value for key, value in fields.items()}}
    return "a street\n" + ", ".join(f"{key}: {value}" for key, value in told.items() if value)


def answer(*texts: str, **info: Any) -> Img2ImgAnswer:
    told = {**INFO, "infotexts": texts, **info}
    return Img2ImgAnswer.model_validate({"images": [""], "info": json.dumps(told)})


def check(
    came: Img2ImgAnswer | None = None,
    picture: np.ndarray = PAINTED[0],
    init: np.ndarray = INITS[0],
    **but: Any,
) -> None:
    prove(REQUEST.model_copy(update=but), came or answer(text()), [init], [picture], LORAS)


def test_an_honest_answer_passes() -> None:
    """What was asked for and came raises nothing."""
    check()


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another size": ({"picture": PAINTED[0][:, :64]}, "96x64, got 64x64"),
    "a black picture": ({"picture": BLACK}, "got one colour ([0, 0, 0])"),
    "black for a grey one": ({"picture": BLACK, "init": BLACK + 90}, "got one colour ([0, 0, 0])"),
    "the input": ({"picture": INITS[0]}, "got the very one that was sent"),
    "another sampler": ({"came": answer(text(Sampler="Euler"))}, "Sampler DPM++ 2M, got Euler"),
    "another schedule": ({"came": answer(text(Schedule_type="Automatic"))}, "Karras, got Automatic"),
    "other steps": ({"came": answer(text(Steps="50"))}, "Steps 20, got 50"),
    "another seed": ({"came": answer(text(Seed="43"))}, "Seed 42, got 43"),
    "another CFG scale": ({"came": answer(text(CFG_scale="7.5"))}, "CFG scale 7.0, got 7.5"),
    "another strength": ({"came": answer(text(Denoising_strength="0.75"))}, "got 0.75"),
    "another checkpoint": (
        {"came": answer(text(), sd_model_name="anime")},
        "checkpoint v1-5-pruned, got anime",
    ),
    "another of that name": (
        {"came": answer(text(), sd_model_hash="ff" * 5)},
        "hash cc6cb27103, got ffffffffff",
    ),
    "no hash": ({"came": answer(text(), sd_model_hash=None)}, "hash cc6cb27103, got no hash"),
    "another CLIP skip": ({"came": answer(text(), clip_skip=1)}, "CLIP skip 2, got 1"),
    "no LoRA": ({"came": answer(text(Lora_hashes=""))}, "hash 0a1b2c3d4e5f, got no such LoRA"),
    "an older LoRA": (
        {"came": answer(text(Lora_hashes='"bunny-0a1b2c3d4e5f: ffffffffffff"'))},
        "hash 0a1b2c3d4e5f, got ffffffffffff",
    ),
    "too short a hash": (
        {"came": answer(text(Lora_hashes='"bunny-0a1b2c3d4e5f: 0a1b"'))},
        "hash 0a1b2c3d4e5f, got 0a1b",
    ),
    "no ControlNet": ({"came": answer(text(ControlNet_0=""))}, "ControlNet 0 with Model tile, got nothing"),
    "another module": (
        {"came": answer(text(ControlNet_0='"Module: canny, Model: tile [a371b31b]"'))},
        "Module tile_resample, got canny",
    ),
    "no ADetailer": (
        {"came": answer(text(ADetailer_model=""))},
        "ADetailer with face_yolov8n.pt, got nothing",
    ),
    "a partial picture": ({"came": answer(text(), interrupted=True)}, "got a partial one"),
    "no infotext": ({"came": answer()}, "expected an infotext for each of 1 pictures, got 0"),
}


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_is_caught_and_named(lie: str) -> None:
    """The message says what was expected and what came."""
    came, words = LIES[lie]
    with pytest.raises(EffectMissing, match=re.escape(words)):
        check(**came)


@pytest.mark.parametrize("told", ["Automatic", "Karras", ""])
def test_a_schedule_left_to_the_sampler_may_have_a_name(told: str) -> None:
    """`Automatic` asks for the sampler's own schedule, and a WebUI tells which that was."""
    check(answer(text(Schedule_type=told)), scheduler="Automatic")


def test_a_black_frame_may_stay_black() -> None:
    """A film fades to black now and then: that is no fault of the painter."""
    check(picture=BLACK, init=BLACK + 3)


def test_a_masked_picture_may_stay_as_it_was() -> None:
    """Where the mask is black nothing is painted, and it may be black everywhere."""
    check(picture=INITS[0], mask="")


def test_the_running_checkpoint_can_be_held() -> None:
    """Even if none was asked for, another one in mid-run is caught."""
    request = REQUEST.model_copy(update={"override_settings": {}})
    prove(request, answer(text()), [INITS[0]], [PAINTED[0]], LORAS, checkpoint_hash="cc6cb27103a9")
    with pytest.raises(EffectMissing, match="hash 0123456789, got cc6cb27103"):
        prove(request, answer(text()), [INITS[0]], [PAINTED[0]], LORAS, checkpoint_hash="0123456789")


@pytest.mark.parametrize(("strength", "seeds"), [(1e-9, ("42", "42")), (None, ("42", "43"))])
def test_each_picture_of_a_batch_is_proven(strength: float | None, seeds: tuple[str, str]) -> None:
    """Seeds count up unless there is a second noise; a lie names its picture, and a missing one is told."""
    request = REQUEST.model_copy(update={"subseed_strength": strength})
    right = answer(*(text(Seed=seed) for seed in seeds))
    prove(request, right, INITS, PAINTED, LORAS)
    with pytest.raises(EffectMissing, match="picture 2: expected a picture, got one colour"):
        prove(request, right, INITS, [PAINTED[0], BLACK], LORAS)
    with pytest.raises(EffectMissing, match="picture 2: expected Seed"):
        prove(request, answer(text(Seed="42"), text(Seed="7")), INITS, PAINTED, LORAS)
    with pytest.raises(EffectMissing, match="expected 2 pictures, got 1"):
        prove(request, right, INITS, PAINTED[:1], LORAS)


def test_grids_and_detected_maps_are_not_taken_for_pictures() -> None:
    """What stands before or behind the pictures is left out."""
    info = json.dumps({"index_of_first_image": 1, "infotexts": ["grid", "one", "two"]})
    came = Img2ImgAnswer.model_validate({"images": ["grid", "1", "2", "map"], "info": info})
    assert came.painted(2) == ("1", "2")
    assert came.told(2) == ("one", "two")
