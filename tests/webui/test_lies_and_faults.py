"""Whatever a WebUI does, no wrong picture comes out: each lie and fault is survived or told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lying_faults import FAULTS, LIES, ODDITIES, Plan, at
from lying_studio import CONTROL_MODELS, Studio
from lying_webui import running
from PIL import Image
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import OrchestrateError
from orchestrator.safetensors_file import content_hash
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.webui_engine import Painter, WebUIEngine
from orchestrator.webui import transport
from orchestrator.webui.controlnet import ControlNetUnit
from orchestrator.webui.loras import install
from orchestrator.webui.opening import opened
from orchestrator.webui.payloads import Payload
from orchestrator.webui.settings import WebUISettings

LOOK = Look("a street", "blurry", seed=42, strength=0.45, lora_weight=0.8)
PAYLOAD = Payload(
    sampler_name="DPM++ 2M",
    scheduler="Karras",
    steps=20,
    cfg_scale=7,
    denoising_strength=0.45,
    clip_skip=2,
    controlnet=(ControlNetUnit(model=CONTROL_MODELS[0], module="tile_resample"),),
)
COLOURS = [np.random.default_rng(number).integers(0, 256, (4, 6, 3), np.uint8) for number in range(3)]
FRAMES = [np.asarray(Image.fromarray(colours).resize((96, 64))) for colours in COLOURS]
LOSSY = {"jpeg", "webp"}
PAINTED_BEFORE = 1  # the picture that shows that a server is ready

TOLD = {
    "html": "text/html instead of JSON",
    "html-502": "status 502",
    "html-503": "status 503",
    "error-a": "CUDA out of memory",
    "error-f": "CUDA out of memory",
    "loading": "AttributeError",
    "nan": "all NaNs",
    "cut-json": "instead of JSON",
    "bad-picture": "no readable picture",
    "no-picture": "images",
    "drop-early": "dropped the connection",
    "drop-body": "dropped the connection",
    "hang": "fell silent",
    "late": "fell silent",
    "flood": "larger than 1 MiB",
    "size": "expected a picture of 96x64, got 104x64",
    "seed": "expected Seed 42, got 43",
    "sampler": r"expected Sampler DPM\+\+ 2M, got DDIM",
    "scheduler": "expected Schedule type Karras, got Automatic",
    "steps": "expected Steps 20, got 50",
    "cfg": r"expected CFG scale 7\.0, got 8\.0",
    "strength": r"expected Denoising strength 0\.45, got 0\.75",
    "checkpoint": r"expected the checkpoint v1-5-pruned \[6ce0161689\], got dreamy \[dddddddddd\]",
    "checkpoint-hash": r"expected the checkpoint .*, got v1-5-pruned \[dddddddddd\]",
    "no-lora": "expected LoRA style-.* got no such LoRA",
    "old-lora": "expected LoRA style-.* got ffffffffffff",
    "no-control": "expected ControlNet 0 with Module tile_resample, got nothing",
    "black": r"expected a picture, got one colour \(\[0, 0, 0\]\)",
    "grey": r"got one colour \(\[128, 128, 128\]\)",
    "partial": "interrupted while it painted",
    "no-infotext": "expected Seed 42, got nothing",
    "clip-skip": "expected CLIP skip 2, got 3",
    "input-back": "got the very one that was sent",
}


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_MAX_ANSWER", 1 << 20)


def lora(folder: Path, value: float = 1.0) -> LoraWeights:
    file = folder / f"trained{value}.safetensors"
    save_file({"lora_unet_x.lora_up.weight": np.full((2, 2), value, np.float32)}, file)
    return LoraWeights(file, content_hash(file))


@contextmanager
def painter(
    folder: Path, plan: Plan, *, in_flight: int = 1, **studio: object
) -> Iterator[tuple[Painter, Studio]]:
    """Yield a WebUI that can paint and has the LoRA, as the job opens it."""
    loras = folder / "Lora"
    loras.mkdir(exist_ok=True)
    made = Studio(loras, plan, **studio)
    with running(made, late_seconds=0.8) as server:
        settings = WebUISettings(
            url=server.url,
            lora_dir=loras,
            read_timeout=0.6,
            hang_timeout=0.2,
            ready_timeout=0.8,
            in_flight=in_flight,
        )
        with opened(settings, model="", lora_dir=loras, log=folder / "log") as ready:
            installed = install(lora(folder), loras, ready.client, name="style")
            yield Painter(ready, installed, PAYLOAD), made


def frames(one: Painter) -> list[np.ndarray]:
    engine = WebUIEngine([one], batch=1, tell=lambda _: None)
    return [painted.picture for painted in engine.paint(Paint(frame, LOOK) for frame in FRAMES)]


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """The pictures of a server without faults."""
    with painter(tmp_path_factory.mktemp("right"), lambda _: None) as (honest, _):
        return frames(honest)


def is_right(got: list[np.ndarray], right: list[np.ndarray], fault: str) -> bool:
    most = 6.0 if fault in LOSSY else 0.0
    return all(np.abs(one - two.astype(float)).mean() <= most for one, two in zip(got, right, strict=True))


def seconds(fault: str) -> float:
    """Return how long a picture takes: an interruption must be visible for a while, as in real ones."""
    return 0.35 if fault == "partial" else 0.0


@pytest.mark.parametrize("fault", [*FAULTS, *LIES, *ODDITIES])
def test_what_happens_once_is_survived(fault: str, tmp_path: Path, right: list[np.ndarray]) -> None:
    """A fault or lie at the second of three frames: all come out right, and none is painted in vain."""
    plan = at(**{fault: PAINTED_BEFORE + 2})
    with painter(tmp_path, plan, seconds=seconds(fault)) as (one, studio):
        assert is_right(frames(one), right, fault)
    assert studio.account.painted_again == 0
    assert studio.account.most_at_once == 1


@pytest.mark.parametrize("fault", [*FAULTS, *LIES])
def test_what_does_not_stop_is_told(fault: str, tmp_path: Path) -> None:
    """A server that does it each time paints nothing that is believed, and the message says what it was."""

    def plan(number: int) -> str | None:
        return fault if number > PAINTED_BEFORE else None

    with (
        painter(tmp_path, plan, seconds=seconds(fault), spares_probes=fault in LIES) as (one, _),
        pytest.raises(OrchestrateError, match=TOLD[fault]),
    ):
        frames(one)


@pytest.mark.parametrize("oddity", ODDITIES)
def test_oddities_are_no_faults(oddity: str, tmp_path: Path, right: list[np.ndarray]) -> None:
    """JPEG, prefixes, further pictures and another order are taken for what they are."""
    with painter(tmp_path, lambda _: oddity) as (one, studio):
        assert is_right(frames(one), right, oddity)
    assert studio.account.asked == PAINTED_BEFORE + len(FRAMES)


def test_a_schedule_told_by_its_name_is_no_fault(tmp_path: Path) -> None:
    """`Automatic` is whatever the sampler has of its own, and the infotext names that."""
    with painter(tmp_path, lambda _: None) as (one, _):
        payload = PAYLOAD.model_copy(update={"scheduler": "Automatic"})
        assert len(frames(replace(one, payload=payload))) == len(FRAMES)


def test_answers_in_another_order_go_to_their_own_frames(tmp_path: Path, right: list[np.ndarray]) -> None:
    """With two requests under way, the second painted first is still the second frame."""
    plan = at(reverse=(PAINTED_BEFORE + 1, PAINTED_BEFORE + 3))
    with painter(tmp_path, plan, in_flight=2, seconds=0.02) as (one, studio):
        assert is_right(frames(one), right, "reverse")
    assert studio.account.most_at_once == 2
    assert studio.account.painted_again == 0
