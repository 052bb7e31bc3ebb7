"""A project of two looks with a fade between: frames in the fade are painted in both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from lying_studio import Studio
from lying_webui import running
from PIL import Image
from repaint_run import FRAMES, prepare
from safetensors.numpy import save_file

from orchestrator.artifacts import FrameSequence
from orchestrator.cli.main import main
from orchestrator.cli.opened import opened
from orchestrator.media import pictures
from orchestrator.pipeline.execute import artifacts
from orchestrator.stages.repaint import Repaint, recorded

PROJECT = """\
name: street
source: {{video: street.mkv}}
style: {{from: {{images: style}}, captions: {{trigger: t}}}}
stylize:
  payload: img2img-style
  consistency: {{mode: "off"}}
  segments:
    - {{from: 0s, prompt: spring}}
    - {{from: 8 frames, prompt: summer, fade: 4 frames}}
webui: {{url: {url}, lora_dir: its-loras}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose LoRA is trained, and a WebUI that paints for it."""
    prepare(tmp_path, tmp_path / "loras")
    (tmp_path / "style").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "style" / "1.png")
    with running(Studio(tmp_path / "loras")) as server:
        file = tmp_path / "project.yaml"
        file.write_text(PROJECT.format(url=server.url))
        job = opened(file)
        folder = job.store.open(job.graph.train)
        save_file({"lora_unet_x.lora_up.weight": np.ones((2, 2), np.float32)}, folder / "street.safetensors")
        (folder / "losses.json").write_text("[]")
        job.store.commit(job.graph.train)
        monkeypatch.chdir(tmp_path)
        yield file


def frames(project: Path) -> FrameSequence:
    job = opened(project)
    return artifacts(job.store)(job.graph.frames)


def digests(project: Path) -> list[str]:
    shown = frames(project)
    return [sha256(shown.path(index).read_bytes()).hexdigest() for index in range(shown.count)]


def asked(project: Path) -> list[tuple[Repaint, ...]]:
    job = opened(project)
    return [recorded(job.store.folder(stages[0])) for stages in job.graph.paintings]


def test_both_looks_of_a_fade_are_painted_once_more(project: Path) -> None:
    """What is composed of them changes in these frames alone; one wish is one step to undo."""
    assert main(["stylize"]) == 0
    before = digests(project)
    assert main(["stylize", "--frames", "9-14", "--seed", "7"]) == 0
    after = digests(project)
    assert [index for index in range(FRAMES) if before[index] != after[index]] == [9, 10, 11, 12, 13, 14]
    assert [len(each) for each in asked(project)] == [1, 1]
    assert main(["stylize", "--frames", "2"]) == 0
    assert [len(each) for each in asked(project)] == [2, 1]
    assert asked(project)[0][1] == Repaint(2, 2, {"seed": 2})
    assert main(["stylize", "--undo"]) == 0
    assert [len(each) for each in asked(project)] == [1, 1]
    assert digests(project) == after
    assert main(["stylize", "--undo"]) == 0
    assert digests(project) == before


def test_frames_that_are_not_painted_yet_are_not_painted_once_more(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what to do first."""
    assert main(["stylize", "--frames", "9-14"]) != 0
    assert "not all painted yet" in capsys.readouterr().err
    assert asked(project) == [(), ()]


def test_a_preview_shows_each_frame_in_its_own_look(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Frames of both looks on one sheet, with the trained LoRA, in three strengths by three weights."""
    assert main(["preview", "--at", "2,15", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["painted"], told["frames"]) == (18, [2, 15])
    sheet = pictures.read(project.parent / "out" / "preview.png")
    assert sheet.shape == (8 + 6 * (64 + 28) + 20, 8 + 4 * (64 + 8), 3)
