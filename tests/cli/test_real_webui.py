"""A real WebUI, where there is one: A1111, Forge or another of the family, with whatever checkpoint it has.

`WEBUI_URL` is its address, `WEBUI_LORA_DIR` the folder that it takes LoRAs from, and `WEBUI_LORA` a LoRA for
its checkpoint. With `WEBUI_COMMAND`, a JSON list, it is started here, and also killed; without, it must run.
`REAL_RUN_LOG` keeps the figures.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from real_webui import PATIENCE, RealWebUI
from safetensors.numpy import load_file, save_file
from small_project import make_video

from orchestrator import digest
from orchestrator.artifacts import LoraWeights
from orchestrator.cli.main import main
from orchestrator.media import pictures
from orchestrator.media.clip import Clip
from orchestrator.media.probe import probe
from orchestrator.pipeline.stage import Stage
from orchestrator.project import Project, load
from orchestrator.safetensors_file import content_hash, header
from orchestrator.stages.source import Source
from orchestrator.stages.stylize import stylize
from orchestrator.stylization import journal
from orchestrator.webui import images
from orchestrator.webui.infotext import Infotext, parse
from orchestrator.webui.options import make_restorable
from orchestrator.webui.payloads import Payload
from orchestrator.webui.proof import prove
from orchestrator.webui.readiness import shades
from orchestrator.webui.request import img2img

NEEDED = ("WEBUI_URL", "WEBUI_LORA_DIR", "WEBUI_LORA")
MISSING = [name for name in NEEDED if not os.environ.get(name)]
FRAMES, FEW, SIDE = 6, 2, 128

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs a real WebUI: set {' and '.join(MISSING)}"),
    pytest.mark.timeout(2 * PATIENCE),
]
must_be_started_here = pytest.mark.skipif(
    "WEBUI_COMMAND" not in os.environ, reason="kills the WebUI: set WEBUI_COMMAND to what starts it"
)
NAME, SEED = "real", 42
ALIKE, STRAY = 4, 2.0
Pictures = NDArray[np.int16]  # (frames, H, W, 3)


@dataclass
class Told:
    """Keeps what is said, and calls back at each finished frame."""

    at_frame: Callable[[int], None] = lambda _: None
    lines: list[str] = field(default_factory=list)
    done: int = 0

    def task(self, *_: object, **__: object) -> Any:
        return nullcontext(self)

    def say(self, text: str) -> None:
        self.lines.append(text)

    def advance(self, *_: object, **__: object) -> None:
        self.done += 1
        self.at_frame(self.done)

    def reach(self, *_: object, **__: object) -> None:
        pass


@dataclass(frozen=True)
class Run:
    """What came of a run: its pictures, and what each one's infotext tells."""

    pictures: Pictures
    told: list[Infotext]
    seconds: float


@pytest.fixture(scope="module")
def webui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWebUI]:
    """The WebUI, running; afterwards its LoRA folder is as it was, and it is ended if it was started here."""
    server = RealWebUI(tmp_path_factory.mktemp("webui") / "webui.log")
    if server.command:
        assert server.listener is None, "WEBUI_COMMAND is to be started here, and somebody listens already"
        server.start()
    assert server.is_up()
    before = set(server.loras.iterdir())
    yield server
    if server.command:
        server.kill()
    for file in set(server.loras.glob(f"{NAME}-*")) - before:
        file.unlink()


@pytest.fixture(scope="module")
def lora() -> LoraWeights:
    """The LoRA."""
    file = Path(os.environ["WEBUI_LORA"])
    return LoraWeights(file, content_hash(file))


@pytest.fixture(scope="module")
def doubled(lora: LoraWeights, tmp_path_factory: pytest.TempPathFactory) -> LoraWeights:
    """A new version of the LoRA: it acts with weight 1 as the first does with weight 2."""
    file = tmp_path_factory.mktemp("doubled") / lora.file.name
    weights = {
        name: 2 * tensor if "lora_up" in name else tensor for name, tensor in load_file(lora.file).items()
    }
    save_file(weights, file)
    own = content_hash(file)
    save_file(weights, file, {**header(lora.file).metadata, "sshs_model_hash": own})
    return LoraWeights(file, own)


@pytest.fixture(scope="module")
def undisturbed(webui: RealWebUI, lora: LoraWeights, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What comes out when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return painted(project_of(webui, folder), lora, folder)


def project_of(webui: RealWebUI, folder: Path, *, lora_weight: float = 1.0, started: bool = False) -> Project:
    """Two steps at 128 pixels, each frame for itself; `started` has the project start the WebUI."""
    document = {
        "name": NAME,
        "source": {"video": "street.mp4"},
        "style": {"from": {"images": "style"}, "captions": {"trigger": "realstyle"}},
        "training": {"base_model": webui.checkpoint},
        "stylize": {
            "seed": SEED,
            "steps": 2,
            "strength": 0.6,
            "size": [SIDE, SIDE],
            "lora_weight": lora_weight,
            "consistency": {"mode": "off"},
        },
        "output": {"video": "out/real.mp4"},
        "webui": {**webui.settings, **({"command": list(webui.command)} if started else {})},
    }
    (folder / "project.yaml").write_text(yaml.safe_dump(document))
    make_video(folder / "street.mp4", seconds=FRAMES / 25, size=f"{SIDE}x{SIDE}")
    return load(folder / "project.yaml")


def painted(
    project: Project, lora: LoraWeights, folder: Path, told: Told | None = None, *, count: int = FRAMES
) -> Run:
    """Paint the first frames as a run does: reach, install, rehearse, paint, prove, journal."""
    video = project.source.video
    source = Source(Clip(probe(video), 0, count), digest.of_file(video))
    stage = stylize(project, folder, source, placeholder("shots"), placeholder("train"))
    earlier: dict[str, Any] = {"shots": (), "train": lora}
    (folder / "stage").mkdir()
    began = time.monotonic()
    stage.build(folder / "stage", lambda asked: earlier[asked.name], told or Told())
    seconds = time.monotonic() - began
    frames, entries = stage.load(folder / "stage"), journal.read(folder / "stage" / "journal.jsonl")
    read = [pictures.read(frames.path(index)) for index in range(count)]
    return Run(np.array(read, np.int16), [parse(entries[index].told) for index in range(count)], seconds)


def placeholder(name: str) -> Stage[Any]:
    return Stage(name, 1, {}, (), lambda *_: None, lambda _: None)


def apart(one: Run, other: Run) -> list[float]:
    """By how many levels of 255 the frames of two runs differ, each in the mean."""
    return [
        float(each)
        for each in np.abs(one.pictures - other.pictures[: len(one.pictures)]).mean(axis=(1, 2, 3))
    ]


def note(what: str, *figures: object) -> None:
    """Keep a figure."""
    if log := os.environ.get("REAL_RUN_LOG"):
        with Path(log).open("a") as file:
            print(what, *figures, file=file)


def test_it_is_told_what_it_is_and_has(webui: RealWebUI, capsys: pytest.CaptureFixture[str]) -> None:
    """Flavour, version, and the checkpoint with the hash that its file really has."""
    began = time.monotonic()
    assert main(["webui", "probe", webui.url, "--json"]) == 0
    findings = {each["subject"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert {each["state"] for each in findings.values()} <= {"good", "missing"}
    note("probe", f"{time.monotonic() - began:.0f} s", findings["WebUI"]["found"])
    checkpoint = Path(webui.checkpoint)
    name, _, digits = findings["checkpoint"]["found"].rstrip("]").partition(" [")
    assert name == checkpoint.stem
    assert not checkpoint.is_file() or digest.of_file(checkpoint).startswith(digits)
    assert "Euler" in findings["samplers"]["found"].split(", ")


MASK = np.where(np.arange(64) < 32, 255, 0).astype(np.uint8) * np.ones((64, 1), np.uint8)
ASKED: dict[str, dict[str, Any]] = {
    "the sampler's own schedule": {"sampler_name": "DPM++ 2M", "scheduler": "Automatic"},
    "no word of a schedule": {"sampler_name": "Euler"},
    "two pictures and CLIP skip": {"sampler_name": "Euler a", "scheduler": "Karras", "clip_skip": 2},
    "a region": {"sampler_name": "DDIM", "inpaint": {"mask_blur": 0}},
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_done_as_asked_passes_the_proof(webui: RealWebUI, asked: str) -> None:
    """It is told as the proof expects it, a region alone is painted, and options come back."""
    payload = Payload(steps=2, cfg_scale=2, denoising_strength=0.6, **ASKED[asked])
    inits = [shades(64)] if payload.inpaint else [shades(64), shades(64)[::-1]]
    mask = MASK if payload.inpaint else None
    said = {"prompt": "a street", "negative_prompt": "", "seed": SEED, "strength": 0.6}
    request = img2img(payload, inits, **said, loras={}, mask=mask)
    with webui.client as client:
        make_restorable(client, request.override_settings)
        before = client.options()
        answer = client.img2img(request)
        done = [images.decode(each) for each in answer.painted(len(inits))]
        prove(request, answer, inits, done, {})
        assert client.options() == before
    note(asked, parse(answer.told(1)[0]).fields)
    if mask is not None:
        kept = np.abs(done[0].astype(int) - inits[0])[:, 40:]
        assert kept.max() == 0


def test_six_frames_with_the_lora(undisturbed: Run, lora: LoraWeights) -> None:
    """Installed, proven to act, and each frame's infotext names it with its hash."""
    note("6 frames, all that comes before them included", f"{undisturbed.seconds:.0f} s")
    note("infotext", undisturbed.told[0])
    assert undisturbed.pictures.shape == (FRAMES, SIDE, SIDE, 3)
    for told in undisturbed.told:
        ((name, digits),) = told.lora_hashes.items()
        assert name == f"{NAME}-{lora.content_hash[:12]}"
        assert lora.content_hash.startswith(digits)


def test_a_new_version_of_the_lora_acts(
    webui: RealWebUI, lora: LoraWeights, doubled: LoraWeights, undisturbed: Run, tmp_path: Path
) -> None:
    """The new one with weight 1 paints what the old one paints with weight 2, not what that did with 1."""
    runs = {}
    for name, version, weight in (("new", doubled, 1.0), ("old", lora, 2.0)):
        (tmp_path / name).mkdir()
        project = project_of(webui, tmp_path / name, lora_weight=weight)
        runs[name] = painted(project, version, tmp_path / name, count=FEW)
    same, other = apart(runs["new"], runs["old"]), apart(runs["new"], undisturbed)
    note("new version to old with weight 2", *same)
    note("new version to old", *other)
    assert max(same) < min(other) / ALIKE
    assert all(doubled.content_hash.startswith(*told.lora_hashes.values()) for told in runs["new"].told)


@must_be_started_here
def test_killed_in_mid_run_and_started_again_by_somebody(
    webui: RealWebUI, lora: LoraWeights, doubled: LoraWeights, undisturbed: Run, tmp_path: Path
) -> None:
    """The run waits until it can paint again, and ends with the frames of one that nothing happened to."""

    def kill_and_start(frame: int) -> None:
        if frame == 3:
            webui.kill()
            time.sleep(5)
            webui.start()

    told = Told(kill_and_start)
    run = painted(project_of(webui, tmp_path), lora, tmp_path, told)
    note("killed and started again", f"{run.seconds:.0f} s", *told.lines)
    note("to undisturbed", *apart(run, undisturbed))
    assert [line.partition(": ")[2] for line in told.lines][-1] == "it is well again"
    assert max(apart(run, undisturbed)) < STRAY


@must_be_started_here
def test_killed_in_mid_run_and_started_again_by_us(
    webui: RealWebUI, lora: LoraWeights, undisturbed: Run, tmp_path: Path
) -> None:
    """A WebUI of the project's own is started, started anew when it died, and ended with the run."""
    project = project_of(webui, tmp_path, started=True)
    webui.kill()

    def kill(frame: int) -> None:
        if frame == 3:
            webui.kill()

    told = Told(kill)
    run = painted(project, lora, tmp_path, told)
    note("started here, killed, started anew", f"{run.seconds:.0f} s", *told.lines)
    note("to undisturbed", *apart(run, undisturbed))
    assert webui.listener is None
    assert [line.partition(": ")[2] for line in told.lines][-1] == "it is well again"
    assert max(apart(run, undisturbed)) < STRAY
