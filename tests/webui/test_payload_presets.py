"""Payload presets: all that ship are sound, and a wrong one is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchestrator import presets
from orchestrator.errors import PresetError
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.stylization.webui_engine import recipe
from orchestrator.webui import payloads
from orchestrator.webui.request import img2img

SHIPPED = presets.names("webui_payloads")
INIT = np.zeros((64, 64, 3), np.uint8)

# the fields of A1111's own img2img, and the one that Forge adds
FIELDS = {
    *("init_images", "prompt", "negative_prompt", "seed", "subseed", "subseed_strength", "batch_size"),
    *("width", "height", "sampler_name", "scheduler", "steps", "cfg_scale", "denoising_strength"),
    *("resize_mode", "initial_noise_multiplier", "override_settings", "alwayson_scripts"),
    *("mask", "mask_blur", "inpainting_fill", "inpaint_full_res", "inpaint_full_res_padding"),
    *("inpainting_mask_invert", "distilled_cfg_scale"),
}
# what Forge's ControlNet knows: others it drops without a word; the extension knows these too
UNIT_FIELDS = {
    *("enabled", "module", "model", "weight", "image", "resize_mode", "processor_res", "threshold_a"),
    *("threshold_b", "guidance_start", "guidance_end", "pixel_perfect", "control_mode"),
    *("save_detected_map", "mask_image"),
}


def sent(name: str, **changes: Any) -> dict[str, Any]:
    """Return the JSON that paints a picture by a shipped payload."""
    payload = payloads.load(name)
    mask = np.full((64, 64), 255, np.uint8) if payload.inpaint else None
    asked = {
        "prompt": "a street",
        "negative_prompt": payload.negative_prompt,
        "seed": 7,
        "strength": payload.denoising_strength,
        "loras": {},
        "mask": mask,
        "previous": INIT,
        **changes,
    }
    return img2img(payload, [INIT], **asked).model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_payload_makes_a_request_that_servers_know(name: str) -> None:
    """No field of it, of a ControlNet unit or of an option would be dropped without a word."""
    request = sent(name)
    assert request.keys() <= FIELDS
    assert request["sampler_name"]
    assert set(request.get("alwayson_scripts", {})) <= {"controlnet", "ADetailer"}
    for unit in request.get("alwayson_scripts", {}).get("controlnet", {}).get("args", []):
        assert unit.keys() <= UNIT_FIELDS
        assert unit["enabled"] is True


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_payload_says_why(name: str) -> None:
    """Each begins with a comment, and runs at least two steps and less than the whole of its noise."""
    payload = payloads.load(name)
    assert presets.read("webui_payloads", name).startswith("# ")
    assert int(payload.denoising_strength * payload.steps) + 1 >= 2
    assert payload.denoising_strength <= 0.65


def test_every_kind_of_painting_has_a_payload() -> None:
    """There is one for each kind of checkpoint and each extension that is supported."""
    assert set(SHIPPED) >= {
        *("img2img-pocket", "img2img-style", "img2img-gentle", "img2img-strong", "portrait", "person-region"),
        *("controlnet-tile", "controlnet-lineart", "controlnet-softedge", "controlnet-depth", "temporalnet"),
        *("adetailer", "lcm", "turbo", "sdxl", "flux-forge"),
    }


def test_few_step_payloads_leave_the_guidance_alone() -> None:
    """Distilled models take next to none, and FLUX its own kind."""
    assert 1 <= payloads.load("lcm").cfg_scale <= 2
    assert payloads.load("turbo").cfg_scale == 1
    assert sent("flux-forge")["distilled_cfg_scale"] == 3.5
    assert payloads.load("flux-forge").cfg_scale == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [("stepz: 3", "did you mean 'steps'"), ("steps: many", "steps"), ("steps: [", "no[tn].*YAML")],
)
def test_mistakes_are_told_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, words: str
) -> None:
    """An unknown key, a wrong type and broken YAML name the file and line."""
    text = presets.read("webui_payloads", "img2img-style")
    kept = "\n".join(each for each in text.splitlines() if not each.startswith("steps"))
    (tmp_path / "mine.yaml").write_text(f"{line}\n{kept}\n" + ("" if "stepz" not in line else "steps: 3\n"))
    monkeypatch.setattr(presets, "folder", lambda _: tmp_path)
    with pytest.raises(PresetError, match=rf"mine\.yaml:\d+:\d+: (?s:.*){words}"):
        payloads.load("mine")
    with pytest.raises(PresetError, match=rf"mine\.yaml:\d+:\d+: (?s:.*){words}"):
        payloads.load(str(tmp_path / "mine.yaml"))


def test_a_payload_of_ones_own_is_read_by_its_path(tmp_path: Path) -> None:
    """What ends in .yaml is a file; one that is not there is told by its path."""
    own = tmp_path / "own.yaml"
    own.write_text("sampler_name: Euler\nsteps: 5\ncfg_scale: 2\ndenoising_strength: 0.2\nclip_skip: 2\n")
    assert payloads.load(str(own)).clip_skip == 2
    with pytest.raises(PresetError, match=r"nowhere\.yaml.*no such"):
        payloads.load(str(tmp_path / "nowhere.yaml"))


def test_a_region_cannot_be_a_projects_payload() -> None:
    """A project has no masks; that is told before anything is made."""
    with pytest.raises(PresetError, match=r"stylize\.payload.*paints a region"):
        recipe(StylizeSettings(payload="person-region"))
