"""Payload, pictures and prompt become the one request that is meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from orchestrator.errors import PresetError
from orchestrator.webui import images
from orchestrator.webui.controlnet import ControlNetUnit, listed_name
from orchestrator.webui.payloads import Inpaint, Payload
from orchestrator.webui.request import img2img

PLAIN = Payload(sampler_name="Euler", steps=4, cfg_scale=2, denoising_strength=0.5, negative_prompt="grey")
INIT = np.random.default_rng(5).integers(0, 256, (64, 72, 3), np.uint8)
PREVIOUS = 255 - INIT
REGION = np.zeros((64, 72), np.uint8)
REGION[16:48, 16:48] = 255


def sent(payload: Payload = PLAIN, inits: list[np.ndarray] | None = None, **changes: Any) -> dict[str, Any]:
    """Return the JSON of a request."""
    asked = {"prompt": "a cat", "negative_prompt": "dog", "seed": 9, "strength": 0.25, "loras": {}, **changes}
    return img2img(payload, inits or [INIT], **asked).model_dump(mode="json", exclude_none=True)


def units(payload: Payload, **changes: Any) -> list[dict[str, Any]]:
    return sent(payload, **changes).get("alwayson_scripts", {}).get("controlnet", {}).get("args", [])


def with_unit(**fields: Any) -> Payload:
    return PLAIN.model_copy(update={"controlnet": (ControlNetUnit(model="m", **fields),)})


def test_a_plain_request_says_no_more_than_it_must() -> None:
    """Whatever the payload leaves out is not sent, so that the server's own default stands."""
    request = sent(loras={"bunny": 0.8, "film": 1.0}, checkpoint="sd15.safetensors")
    assert images.decode(request.pop("init_images")[0]).tolist() == INIT.tolist()
    assert request == {
        "prompt": "a cat <lora:bunny:0.8> <lora:film:1>",
        "negative_prompt": "dog",
        "seed": 9,
        "width": 72,
        "height": 64,
        "sampler_name": "Euler",
        "steps": 4,
        "cfg_scale": 2.0,
        "denoising_strength": 0.25,
        "override_settings": {"sd_model_checkpoint": "sd15.safetensors"},
    }


def test_several_pictures_share_one_seed() -> None:
    """A batch has a place for each picture, and a trace of second noise keeps the seed from counting."""
    request = sent(inits=[INIT, PREVIOUS, INIT])
    assert len(request["init_images"]) == request["batch_size"] == 3
    assert request["subseed"] == 1
    assert 0 < request["subseed_strength"] <= 1e-9
    assert "batch_size" not in sent()


def test_a_region_wants_a_mask_and_says_all_that_its_defaults_would_change() -> None:
    """Servers crop to the mask unless told; with no mask at all a region's payload is refused."""
    region = PLAIN.model_copy(update={"inpaint": Inpaint(mask_blur=2)})
    request = sent(region, mask=REGION)
    assert images.decode(request["mask"])[..., 0].tolist() == REGION.tolist()
    assert request["inpaint_full_res"] is False
    assert (request["mask_blur"], request["inpainting_fill"]) == (2, 1)
    with pytest.raises(PresetError, match="no mask"):
        sent(region)
    assert sent(mask=REGION)["inpaint_full_res"] is False


@pytest.mark.parametrize(
    ("mask", "invert", "enlarged"),
    [(REGION, 0, True), (0 * REGION, 0, False), (0 * REGION + 255, 1, False), (0 * REGION, 1, True)],
)
def test_a_blank_mask_never_repaints_the_whole(mask: np.ndarray, invert: int, *, enlarged: bool) -> None:
    """Cropped to a region of nothing, servers repaint everything; so nothing is cropped then."""
    region = Inpaint(inpaint_full_res=True, inpainting_mask_invert=invert)
    request = sent(PLAIN.model_copy(update={"inpaint": region}), mask=mask)
    assert request["inpaint_full_res"] is enlarged


def test_a_unit_looks_at_the_picture_itself() -> None:
    """It is enabled, its image is the init, and no word stands for having no preprocessor."""
    (unit,) = units(with_unit())
    assert unit["enabled"] is True
    assert unit["image"] == sent()["init_images"][0]
    assert "module" not in unit
    assert unit["save_detected_map"] is False
    assert units(with_unit(module="depth_midas"))[0]["module"] == "depth_midas"


def test_a_unit_that_looks_back_rests_for_the_first_picture() -> None:
    """Without a picture before, the unit is left out, and with one it is its image."""
    payload = with_unit(image="previous")
    assert payload.needs_previous
    assert "alwayson_scripts" not in sent(payload)
    (unit,) = units(payload, previous=PREVIOUS)
    assert images.decode(unit["image"]).tolist() == PREVIOUS.tolist()


def test_a_masked_unit_acts_where_the_mask_is() -> None:
    """Its mask has the name that both Forge and the extension read; other units have none."""
    (unit,) = units(with_unit(masked=True), mask=REGION)
    assert images.decode(unit["mask_image"])[..., 0].tolist() == REGION.tolist()
    assert "mask_image" not in units(with_unit(), mask=REGION)[0]


def test_a_payload_with_units_paints_one_at_a_time() -> None:
    """All pictures of a request would share one control image."""
    payload = with_unit()
    assert payload.one_at_a_time
    with pytest.raises(AssertionError):
        sent(payload, [INIT, INIT])


@pytest.mark.parametrize(
    "fields", [{"guidance_start": 0.6, "guidance_end": 0.5}, {"weight": 3}, {"input_image": "x"}]
)
def test_a_unit_that_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    """Ends before starts, weights out of range, and the old name of the image."""
    with pytest.raises(ValidationError):
        ControlNetUnit(model="m", **fields)


def test_a_models_hash_is_added_from_the_list() -> None:
    """Forge takes nothing but the whole name; an unknown one is left to be refused."""
    listed = ["None", "control_v11f1e_sd15_tile [a371b31b]", "plain"]
    assert listed_name("control_v11f1e_sd15_tile", listed) == "control_v11f1e_sd15_tile [a371b31b]"
    assert listed_name("plain", listed) == "plain"
    assert listed_name("other", listed) == "other"


def test_a_second_noise_goes_with_one_picture() -> None:
    """Its seed and share are sent as they are; without one, nothing of it is."""
    noise = {key: value for key, value in sent(subseed=12, subseed_strength=0.25).items() if "subseed" in key}
    assert noise == {"subseed": 12, "subseed_strength": 0.25}
    assert not [key for key in sent() if "subseed" in key]
