"""A long run against servers at which everything goes wrong now and then."""

from __future__ import annotations

import subprocess
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import requests
from lying_faults import FAULTS, LIES
from lying_program import program
from PIL import Image
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.media import decode
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import Clip, cut
from orchestrator.media.probe import probe
from orchestrator.progress import Silent
from orchestrator.safetensors_file import content_hash
from orchestrator.stylization.course import Course
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.settings import ConsistencySettings, StylizeSettings
from orchestrator.stylization.stylize import stylize
from orchestrator.stylization.webui_engine import Painter, WebUIEngine
from orchestrator.webui import transport
from orchestrator.webui.loras import install
from orchestrator.webui.opening import opened
from orchestrator.webui.payloads import Payload
from orchestrator.webui.settings import WebUISettings

FRAMES, SERVERS, BATCH = 10_000, 4, 16
LOOK = Look("a street", "blurry", seed=42, strength=0.45, lora_weight=0.8)
PAYLOAD = Payload(
    sampler_name="DPM++ 2M", scheduler="Karras", steps=20, cfg_scale=7, denoising_strength=0.45, clip_skip=2
)
SETTINGS = StylizeSettings(consistency=ConsistencySettings(mode="off"))
LOSSLESS = ("prefix", "more-pictures", "reverse")
KINDS = [name for name in (*FAULTS, *LIES, *LOSSLESS) if name != "no-control"]  # there is no ControlNet here


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Ten thousand small frames, each unlike all others."""
    video = tmp_path_factory.mktemp("long") / "long.mkv"
    pattern = f"testsrc2=size=64x64:rate=25:duration={FRAMES / 25}"
    codec = ("-c:v", "ffv1", "-g", "100", "-pix_fmt", "bgr0")
    subprocess.run((ffmpeg(), "-v", "error", "-f", "lavfi", "-i", pattern, *codec, video), check=True)
    return cut(probe(video), None, None)


def painter(stack: ExitStack, folder: Path, faults: str, number: int) -> Painter:
    loras = folder / "loras"
    _, url = stack.enter_context(program(loras, faults=faults, random_seed=number, late_seconds=4.5))
    settings = WebUISettings(url=url, in_flight=1, read_timeout=4.0, hang_timeout=0.5)
    server = stack.enter_context(opened(settings, model="", lora_dir=loras, log=folder / "log"))
    lora = LoraWeights(folder / "lora.safetensors", content_hash(folder / "lora.safetensors"))
    return Painter(server, install(lora, loras, server.client, name="style"), PAYLOAD)


def right(honest: Painter) -> np.ndarray:
    """Return what a server without faults makes of each level of each channel, (256, 3)."""
    ramp = np.repeat(np.resize(np.arange(256, dtype=np.uint8), (64, 64, 1)), 3, axis=2)
    (painted,) = honest.work([Paint(ramp, LOOK)])
    return painted.picture.reshape(-1, 3)[:256]


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_MAX_ANSWER", 4 << 20)


def test_ten_thousand_frames_with_every_fault_are_all_right_and_painted_once(
    clip: Clip, tmp_path: Path
) -> None:
    """Of a hundred requests one meets each fault and each lie, and yet no frame is wrong or painted twice."""
    save_file({"lora_unet_x.lora_up.weight": np.ones((2, 2), np.float32)}, tmp_path / "lora.safetensors")
    faults = ",".join(f"{kind}:0.01" for kind in KINDS)
    with ExitStack() as stack:
        levels = right(painter(stack, tmp_path, "", 0))
        painters = [painter(stack, tmp_path, faults, number) for number in range(1, SERVERS + 1)]
        engine = WebUIEngine(painters, batch=BATCH, tell=lambda _: None)
        result = stylize(clip, engine, tmp_path, Course(LOOK), SETTINGS, cuts=(), progress=Silent())
        accounts = [requests.get(f"{one.server.name}/lying/account", timeout=10).json() for one in painters]
    channels = np.arange(3)
    for index, frame in enumerate(decode.frames(clip)):
        assert np.array_equal(Image.open(result.path(index)), levels[frame, channels]), index
    delivered = sum((Counter(account["identities"]) for account in accounts), Counter[str]())
    probes = 1  # what a server is looked at with is painted by each of them
    assert len([count for count in delivered.values() if count > 1]) <= probes
    assert len(delivered) == FRAMES // BATCH + probes
    assert sum(account["jobs"] for account in accounts) > 1.2 * FRAMES // BATCH
