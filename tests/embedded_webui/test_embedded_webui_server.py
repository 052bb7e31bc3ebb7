"""The server itself: who may ask, what answers meanwhile, how it stops."""

from __future__ import annotations

import base64
import io
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import webuiapi
from embedded_server import PASSWORD, SIDE, USER, Server, encoded, picture, read, running
from PIL import Image

from orchestrator.embedded.webui.gate import MAX_BODY

LONG = {"prompt": "a hill", "width": SIDE, "height": SIDE, "steps": 1000, "cfg_scale": 1, "seed": 1}


def wait_until_painting(server: Server) -> dict[str, Any]:
    """Return the progress once a few steps are done."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        seen: dict[str, Any] = server.get("progress")
        if seen["state"]["sampling_step"] > 2:
            return seen
        time.sleep(0.05)
    raise AssertionError("no progress")


def test_without_the_password_nothing_but_ping_answers(server: Server) -> None:
    """A wrong or missing password is 401, and nothing asks a browser to prompt for one."""
    for credentials in (None, (USER, "wrong"), ("", "")):
        answer = requests.get(f"{server.address}/sdapi/v1/loras", auth=credentials, timeout=30)
        assert answer.status_code == 401
        assert "WWW-Authenticate" not in answer.headers
        assert answer.json()["detail"] == "Incorrect username or password"
    assert requests.get(f"{server.address}/internal/ping", timeout=30).json() == {}


def test_a_web_page_of_another_name_is_turned_away(server: Server) -> None:
    """A Host header that is not this machine's own gets no answer (DNS rebinding)."""
    url = f"{server.address}/sdapi/v1/options"
    assert server.session.get(url, headers={"Host": "evil.example"}, timeout=30).status_code == 400


def test_a_body_too_large_is_turned_away_unread(server: Server) -> None:
    """The declared length is enough to refuse."""
    host, port = server.address.removeprefix("http://").split(":")
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    head = (
        f"POST /sdapi/v1/img2img HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(1000).split(b"\r\n")[0]


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(server: Server) -> None:
    """A small file that claims 81 million pixels costs nothing."""
    stream = io.BytesIO()
    Image.new("1", (9000, 9000)).save(stream, "PNG")
    answer = server.img2img(init_images=[encoded(Image.open(stream))])
    assert answer.status_code == 413
    assert "64 million pixels" in answer.json()["detail"]


def test_interrupt_ends_the_job_and_says_so(server: Server) -> None:
    """Meanwhile progress moves and others are answered; the unfinished picture is marked as such."""
    with ThreadPoolExecutor() as pool:
        job = pool.submit(server.post, "txt2img", **LONG)
        seen = wait_until_painting(server)
        started = time.monotonic()
        assert server.get("options")["samples_format"] == "png"
        assert time.monotonic() - started < 2
        assert server.post("interrupt").status_code == 200
        painted = read(job.result(timeout=60))
    assert 0 < seen["progress"] < 1
    assert seen["state"]["sampling_steps"] == 1000
    assert seen["state"]["job_count"] == 1
    assert painted.info["interrupted"] is True
    assert "Interrupted: after" in painted.texts[0]
    assert server.paint().info["interrupted"] is False
    idle = server.get("progress")
    assert (idle["progress"], idle["state"]["job_count"]) == (0, 0)


def test_skip_ends_one_batch_only(server: Server) -> None:
    """After skip the next batch of the request is painted."""
    with ThreadPoolExecutor() as pool:
        job = pool.submit(server.post, "txt2img", **(LONG | {"steps": 80, "n_iter": 2}))
        wait_until_painting(server)
        server.post("skip")
        painted = read(job.result(timeout=60))
    assert len(painted.texts) == 2
    assert "Interrupted: after" in painted.texts[0]
    assert "Interrupted" not in painted.texts[1]


def test_requests_sent_together_are_all_answered_as_if_alone(server: Server) -> None:
    """Four clients at once get what each would get alone."""
    alone = [server.paint(seed=seed).arrays[0] for seed in range(4)]
    with ThreadPoolExecutor() as pool:
        together = list(pool.map(lambda seed: server.paint(seed=seed).arrays[0], range(4)))
    assert all(np.array_equal(*pair) for pair in zip(alone, together, strict=True))


def test_options_refuse_what_they_cannot_be(server: Server) -> None:
    """Unknown keys and wrong types are 422 and change nothing; a right value is kept."""
    before = server.get("options")
    for wrong in ({"no_such": 1}, {"CLIP_stop_at_last_layers": "2"}, {"samples_format": "jpg"}):
        assert server.post("options", **wrong).status_code == 422
    assert server.get("options") == before
    assert server.post("options", CLIP_stop_at_last_layers=2).json() is None
    assert server.get("options")["CLIP_stop_at_last_layers"] == 2
    assert server.post("options", CLIP_stop_at_last_layers=1).status_code == 200
    kept = {
        "override_settings": {"CLIP_stop_at_last_layers": 2},
        "override_settings_restore_afterwards": False,
    }
    server.paint(**kept)
    assert server.get("options")["CLIP_stop_at_last_layers"] == 2
    server.post("options", CLIP_stop_at_last_layers=1)


def test_unknown_addresses_are_404_in_the_webuis_form(server: Server) -> None:
    """What is not built is not found."""
    answer = server.session.get(f"{server.address}/sdapi/v1/sd-modules", timeout=30)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "detail", "body", "errors"}


@pytest.mark.parametrize(
    ("upscaler", "size"), [("Lanczos", (96, 96)), ("Nearest", (96, 96)), ("None", (SIDE, SIDE))]
)
def test_a_picture_is_enlarged(server: Server, upscaler: str, size: tuple[int, int]) -> None:
    """extra-single-image enlarges by a factor; the upscaler None leaves the picture alone."""
    answer = server.post(
        "extra-single-image", image=encoded(picture()), upscaling_resize=1.5, upscaler_1=upscaler
    )
    assert Image.open(io.BytesIO(base64.b64decode(answer.json()["image"]))).size == size


def test_an_unknown_upscaler_is_refused(server: Server) -> None:
    """There is no silent plain resize."""
    answer = server.post("extra-single-image", image=encoded(picture()), upscaler_1="SwinIR 4x")
    assert answer.status_code == 422


def test_the_public_client_works(server: Server) -> None:
    """Users' calls of webuiapi 0.9.17 do what they say."""
    host, port = server.address.removeprefix("http://").split(":")
    api = webuiapi.WebUIApi(host=host, port=int(port), steps=3, username=USER, password=PASSWORD)
    init, mask = picture(), Image.new("L", (SIDE, SIDE))
    mask.paste(255, (32, 0, SIDE, SIDE))
    masked = api.img2img(
        images=[init],
        mask_image=mask,
        mask_blur=0,
        inpaint_full_res=False,
        prompt="x",
        width=SIDE,
        height=SIDE,
    )
    assert np.array_equal(np.asarray(masked.image)[:, :32], np.asarray(init)[:, :32])
    assert api.txt2img(prompt="x", width=SIDE, height=SIDE, seed=3).info["seed"] == 3
    assert api.extra_single_image(init, upscaler_1="Lanczos", upscaling_resize=2).image.size == (128, 128)
    assert api.util_get_current_model() == api.get_options()["sd_model_checkpoint"]
    assert api.set_options({"sd_model_checkpoint": api.util_get_model_names()[0]}) is None
    assert api.get_loras() == server.get("loras")
    assert api.session.post(f"{api.baseurl}/refresh-loras").json() is None
    assert api.refresh_checkpoints() is None
    assert "Euler a" in api.util_get_sampler_names()
    assert "karras" in api.util_get_scheduler_names()
    assert api.get_progress()["progress"] == 0
    assert api.interrupt() == {}
    assert api.skip() is None
    assert api.get_memory()["ram"]["used"] > 0
    assert api.get_cmd_flags()["api"] is True
    assert "Steps: 3" in api.png_info(masked.image).info
    api.util_wait_for_ready(check_interval=0.1)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestrator.embedded.webui", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_told_in_one_line(server: Server, tmp_path: Path) -> None:
    """Exit code 45 before any model is loaded."""
    answer = command("--port", server.address.rsplit(":", 1)[1], "--lora-dir", str(tmp_path))
    assert answer.returncode == 45
    assert answer.stderr.count("\n") == 1
    assert "cannot be used" in answer.stderr


def test_other_machines_are_never_served(tmp_path: Path) -> None:
    """An address that is no loopback is a wrong command line."""
    answer = command("--host", "0.0.0.0", "--port", "0", "--lora-dir", str(tmp_path))  # noqa: S104 - refused
    assert answer.returncode == 2
    assert "other machines" in answer.stderr


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    """Exit code 22 and one line for a .ckpt."""
    model = tmp_path / "model.ckpt"
    model.write_bytes(b"\x80\x04.")
    answer = command("--port", "0", "--model", str(model), "--lora-dir", str(tmp_path))
    assert answer.returncode == 22
    assert answer.stderr.count("\n") == 1
    assert "can run any program" in answer.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_signal_ends_a_painting_at_once(tmp_path: Path) -> None:
    """Told to stop in the middle of a long job, it answers what it has and exits with 0."""
    with running(tmp_path / "made") as (process, address):
        session = requests.Session()
        server = Server(address, tmp_path, session, process)
        with ThreadPoolExecutor() as pool:
            job = pool.submit(server.post, "txt2img", **LONG)
            wait_until_painting(server)
            process.send_signal(signal.SIGINT)
            assert read(job.result(timeout=30)).info["interrupted"] is True
        session.close()
        assert process.wait(30) == 0
