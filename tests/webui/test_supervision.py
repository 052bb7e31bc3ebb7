"""A WebUI that is started here: watched while it paints, and started anew when it fails."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from lying_program import command, program

from orchestrator.errors import PortTaken, WebUICrashed, WebUIUnreachable
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.webui_engine import Painter, WebUIEngine
from orchestrator.webui.opening import Server, opened
from orchestrator.webui.payloads import Payload
from orchestrator.webui.settings import WebUISettings
from orchestrator.webui.supervision import memory

LOOK = Look("a street", "", seed=42, strength=0.45, lora_weight=0)
PAYLOAD = Payload(sampler_name="Euler", steps=4, cfg_scale=1, denoising_strength=0.45, clip_skip=2)
FRAMES = [np.random.default_rng(number).integers(0, 256, (64, 64, 3), np.uint8) for number in range(8)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(folder: Path, *, faults: str = "", seconds: float = 0.0, **settings: object) -> Iterator[Server]:
    """Have a WebUI started by its command."""
    port = free_port()
    said = command(folder, port=port, faults=faults, seconds=seconds)
    chosen = {"ready_timeout": 20.0, "read_timeout": 10.0, "in_flight": 1, **settings}
    webui = WebUISettings(url=f"http://127.0.0.1:{port}", command=said, lora_dir=folder, **chosen)
    with opened(webui, model="", lora_dir=folder, log=folder / "webui.log") as server:
        yield server


def processes() -> list[psutil.Process]:
    """Return the lying WebUIs that run here."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if any("lying_webui" in part for part in child.cmdline()[1:2])
    ]


def painted(server: Server) -> Iterator[np.ndarray]:
    engine = WebUIEngine([Painter(server, None, PAYLOAD)], batch=1, tell=print)
    return (each.picture for each in engine.paint(Paint(frame, LOOK) for frame in FRAMES))


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """What comes out when nothing happens."""
    with started(tmp_path_factory.mktemp("right")) as server:
        return list(painted(server))


def test_a_crash_in_the_middle_costs_nothing(tmp_path: Path, right: list[np.ndarray]) -> None:
    """Killed under our hands it is started anew, all frames are right, and nothing of it stays."""
    with started(tmp_path) as server:
        pictures = painted(server)
        first = [next(pictures) for _ in range(4)]
        (before,) = processes()
        before.kill()
        assert np.array_equal([*first, *pictures], right)
        (after,) = processes()
        assert after.pid != before.pid
    assert processes() == []


def test_one_that_hangs_is_started_anew(tmp_path: Path, right: list[np.ndarray]) -> None:
    """No progress for as long as was allowed ends it, long before anybody gives up on the request."""
    with started(tmp_path, faults="hang@5", hang_timeout=1.0, read_timeout=60.0) as server:
        began = time.monotonic()
        assert np.array_equal(list(painted(server)), right)
    assert time.monotonic() - began < 30


def test_slow_painting_is_no_hang(tmp_path: Path) -> None:
    """As long as its progress moves, a picture may take longer than a hang is allowed to."""
    with started(tmp_path, seconds=1.5, hang_timeout=0.8) as server:
        (before,) = processes()
        next(painted(server))
        assert processes() == [before]


def test_one_that_holds_too_much_memory_is_started_anew(tmp_path: Path) -> None:
    """Above the limit it is ended; if that helps nothing, the run ends with the reason."""
    with (
        started(tmp_path, seconds=0.3, memory_limit=0.001, restarts=1) as server,
        pytest.raises(WebUICrashed, match=r"it held 0\.\d GiB, more than webui\.memory_limit allows"),
    ):
        list(painted(server))


DYING = """
import os, sys
import lying_studio, lying_webui

class Dying(lying_studio.Studio):
    def img2img(self, body):
        if body["prompt"]:
            print("out of luck", flush=True)
            os._exit(3)
        return super().img2img(body)

lying_webui.Studio = Dying
lying_webui.main()
"""


def test_one_that_never_finishes_a_frame_ends_the_run(tmp_path: Path) -> None:
    """So many restarts without a finished frame, and the error tells its last lines and where all are."""
    script = tmp_path / "dying.py"
    script.write_text(f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n{DYING}")
    port = free_port()
    said = (sys.executable, str(script), f"--port={port}", f"--lora-dir={tmp_path}")
    webui = WebUISettings(url=f"http://127.0.0.1:{port}", command=said, lora_dir=tmp_path, restarts=2)
    with (
        opened(webui, model="", lora_dir=tmp_path, log=tmp_path / "webui.log") as server,
        pytest.raises(WebUICrashed, match=r"webui\.log: the WebUI stopped, exit code 3: .*out of luck"),
    ):
        list(painted(server))
    assert (tmp_path / "webui.log").read_text().count("ready http") == 3


def test_a_command_that_cannot_be_started_is_told_at_once(tmp_path: Path) -> None:
    """Its own words are the error, and nobody waits until it could have been ready."""
    webui = WebUISettings(url=f"http://127.0.0.1:{free_port()}", command=("/no/such/webui.sh",))
    began = time.monotonic()
    with (
        pytest.raises(WebUIUnreachable, match=r"exit code 127: .*no/such/webui\.sh"),
        opened(webui, model="", lora_dir=tmp_path, log=tmp_path / "webui.log"),
    ):
        pass
    assert time.monotonic() - began < 10


def test_somebody_elses_server_is_not_taken_for_ours(tmp_path: Path) -> None:
    """A server that listens at the address already is left alone, and the command is not started."""
    with program(tmp_path) as (_, url):
        webui = WebUISettings(url=url, command=("touch", str(tmp_path / "started")))
        with (
            pytest.raises(PortTaken, match="listens"),
            opened(webui, model="", lora_dir=tmp_path, log=tmp_path / "webui.log"),
        ):
            pass
    assert not (tmp_path / "started").exists()


def test_memory_is_that_of_all_it_started() -> None:
    """A launcher that holds little may have started what holds much."""
    inner = "x = bytearray(64 << 20); input()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    with psutil.Popen([sys.executable, "-c", outer], stdin=-1) as parent:
        deadline = time.monotonic() + 10
        while memory(parent.pid) < 64 << 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert memory(parent.pid) > 64 << 20
        parent.stdin.close()
    assert memory(parent.pid) == 0
