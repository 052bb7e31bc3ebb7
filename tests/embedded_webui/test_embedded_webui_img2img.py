"""img2img, row by row of what AUTOMATIC1111 answers, and where this server is honest instead."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from embedded_server import SIDE, Server, encoded, picture
from PIL import Image


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"init_images": "OMIT"}, 404, "Init image not found"),
        ({"init_images": []}, 404, "Init image not found"),
        ({"init_images": ["!!!"]}, 500, "Invalid encoded image"),
        ({"init_images": [base64.b64encode(b"no picture").decode()]}, 500, "Invalid encoded image"),
        ({"init_images": [encoded(picture())[:400]]}, 500, "Invalid encoded image"),
        ({"init_images": "text"}, 422, "valid list"),
        ({"steps": "many"}, 422, "valid integer"),
        ({"steps": 0}, 422, "greater than or equal to 1"),
        ({"steps": -1}, 422, "greater than or equal to 1"),
        ({"steps": None}, 422, "valid integer"),
        ({"width": 0}, 422, "greater than or equal to 8"),
        ({"width": 100}, 422, "multiple of 8"),
        ({"cfg_scale": "NaN"}, 422, "finite number"),
        ({"sampler_name": "Eular"}, 422, "Sampler not found: 'Eular'. There are: Euler, Euler a"),
        ({"sampler_name": "euler"}, 422, "Sampler not found"),
        ({"scheduler": "Karas"}, 422, "Scheduler not found: 'Karas'"),
        ({"sampler_name": "DDIM", "scheduler": "Karras"}, 422, "cannot follow the schedule 'Karras'"),
        ({"sampler_name": "LCM", "steps": 51}, 422, "50 steps at most"),
        ({"sampler_name": "Euler a", "eta": 0.5}, 422, "always runs with eta 1"),
        ({"script_name": "Nothing"}, 422, "script_name"),
        ({"alwayson_scripts": {"ControlNet": {"args": []}}}, 422, "alwayson_scripts"),
        ({"tiling": True}, 422, "tiling"),
        ({"override_settings": {"sd_model_checkpoint": "other"}}, 422, "Checkpoint not found: 'other'"),
        ({"override_settings": {"sd_vae": "other.pt"}}, 422, "sd_vae"),
        ({"override_settings": {"no_such_key": 1}}, 422, "no_such_key"),
        ({"override_settings": {"CLIP_stop_at_last_layers": "2"}}, 422, "CLIP_stop_at_last_layers"),
        ({"override_settings": {"CLIP_stop_at_last_layers": 3}}, 422, "more than this model's text encoder"),
        ({"prompt": "<lora:nowhere:1>"}, 422, "LoRA not found: 'nowhere'"),
        ({"prompt": "<lora:nowhere:abc>"}, 422, "no weight: 'abc'"),
        ({"prompt": "<hypernet:a:1>"}, 422, "extra network of kind 'hypernet'"),
        ({"negative_prompt": "<lora:a:1>"}, 422, "negative prompt cannot hold a LoRA"),
        ({"prompt": "[cat:dog:0.5]"}, 422, "scheduling"),
        ({"init_images": [encoded(picture())] * 2}, 422, "2 init images for a batch of 1"),
        ({"mask": encoded(picture(side=32))}, 422, "mask has (32, 32)"),
        ({"batch_size": 64, "n_iter": 2}, 422, "more than 64"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(
    server: Server, fields: dict[str, object], status: int, reason: str
) -> None:
    """A request that cannot be painted as asked gets the WebUI's status or a 4xx, and says why."""
    answer = server.img2img(**fields)
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert set(body) == {"error", "detail", "body", "errors"}
    assert reason in str(body["detail"])


def test_malformed_json_is_422(server: Server) -> None:
    """A body that is no JSON is a client's mistake."""
    address = f"{server.address}/sdapi/v1/img2img"
    answer = server.session.post(address, data="{", headers={"Content-Type": "application/json"}, timeout=30)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "fields",
    [
        {"nobody_knows": 1},
        {"seed": "7"},
        {"seed": None},
        {"denoising_strength": 1.5},
        {"denoising_strength": -1},
        {"scheduler": "automatic"},
        {"sampler_name": None},
        {"sampler_name": "DPM++ 2M Karras"},
        {"prompt": None},
        {"init_images": ["data:image/png;base64," + encoded(picture())]},
        {"init_images": [encoded(picture(), "JPEG")]},
        {"init_images": [encoded(picture(), "WEBP")]},
    ],
)
def test_what_the_webui_accepts_is_accepted(server: Server, fields: dict[str, object]) -> None:
    """Lenient inputs that do no harm are painted, at exactly the size asked for."""
    painted = server.paint(**fields)
    assert [array.shape for array in painted.arrays] == [(SIDE, SIDE, 3)]


def test_transparency_becomes_white(server: Server) -> None:
    """An init image with alpha is painted as it looks on white."""
    clear = Image.new("RGBA", (SIDE, SIDE), (200, 0, 0, 0))
    white = Image.new("RGB", (SIDE, SIDE), "white")
    results = [server.paint(init_images=[encoded(image)]).arrays[0] for image in (clear, white)]
    assert np.array_equal(*results)


def test_a_size_other_than_the_init_images_is_reached_by_resizing(server: Server) -> None:
    """Width and height rule, whatever the init image has, in all three resize modes."""
    wide = encoded(picture(side=SIDE).resize((SIDE * 2, SIDE)))
    for mode in range(3):
        painted = server.paint(init_images=[wide], resize_mode=mode, width=72, height=64)
        assert painted.arrays[0].shape == (64, 72, 3)
