"""Painting as a stage, with two WebUIs on real sockets: opened, given the LoRA, proven, and painted with."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from lying_studio import MODELS, Studio
from lying_webui import running
from safetensors.numpy import save_file

from orchestrator import document
from orchestrator.artifacts import LoraWeights
from orchestrator.errors import ProjectError
from orchestrator.layers import own
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.pipeline.execute import execute
from orchestrator.pipeline.stage import Stage
from orchestrator.pipeline.store import Store
from orchestrator.progress import Silent
from orchestrator.project import Project
from orchestrator.safetensors_file import content_hash
from orchestrator.stages.shots import shots
from orchestrator.stages.source import Source
from orchestrator.stages.stylize import stylize

FRAMES = 20
PROJECT = """\
name: shared
source: {{video: street.mkv}}
style: {{from: {{images: style}}, captions: {{trigger: t}}}}
stylize: {{payload: img2img-style, consistency: {{mode: "off"}}}}
webui: [{{url: {one}, lora_dir: one, batch: 3}}, {{url: {two}, lora_dir: two, batch: 3}}]
"""


@pytest.fixture
def studios(tmp_path: Path) -> tuple[Studio, Studio]:
    """Two WebUIs, each with a LoRA folder of its own."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return Studio(tmp_path / "one", seconds=0.02), Studio(tmp_path / "two", seconds=0.02)


def painted(folder: Path, one: str, two: str) -> Path:
    """Run the stage alone, its inputs given; return the folder with what it made."""
    text = PROJECT.format(one=one, two=two)
    project = document.parse(text, Project, name="project.yaml", folder=folder)
    video, lora = folder / "street.mkv", folder / "trained.safetensors"
    pattern = f"testsrc2=size=64x64:rate=25:duration={FRAMES / 25}"
    subprocess.run(
        (ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", pattern, "-c:v", "ffv1", video), check=True
    )
    save_file({"lora_unet_x.lora_up.weight": np.ones((2, 2), np.float32)}, lora)
    source = Source(cut(probe(video), None, None), "x")
    weights = LoraWeights(lora, content_hash(lora))
    train = Stage("train", 1, {}, (), lambda *_: None, lambda _: weights)
    stage = stylize(project, own(project, range(FRAMES)), folder, source, shots(source), train)
    store = Store(folder)
    execute([stage], store, Silent())
    return store.folder(stage)


def test_two_webuis_paint_one_clip(studios: tuple[Studio, Studio], tmp_path: Path) -> None:
    """Each gets the LoRA into its own folder, and frames in batches; each frame's line says what acted."""
    with running(studios[0]) as one, running(studios[1]) as two:
        made = painted(tmp_path, one.url, two.url)
    entries = [json.loads(line) for line in (made / "journal.jsonl").read_text().splitlines()]
    assert [entry["index"] for entry in entries] == list(range(FRAMES))
    assert all("Lora hashes: " in entry["told"] for entry in entries)
    assert len(list(made.glob("frames/*.png"))) == FRAMES
    for studio in studios:
        assert len(list(studio.lora_dir.glob("shared-*.safetensors"))) == 1
        assert studio.account.painted > 6


def test_webuis_that_are_not_alike_paint_nothing(studios: tuple[Studio, Studio], tmp_path: Path) -> None:
    """Both are named before the first frame."""
    studios[1].set_options({"sd_model_checkpoint": MODELS[1].title})
    with running(studios[0]) as one, running(studios[1]) as two:
        with pytest.raises(ProjectError, match="different checkpoints") as caught:
            painted(tmp_path, one.url, two.url)
        assert one.url in str(caught.value)
        assert two.url in str(caught.value)
    assert not list(tmp_path.rglob("frames/*.png"))
