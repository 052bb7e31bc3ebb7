"""What is looked at before anything expensive starts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file
from small_project import orchestrate
from test_bad_input import against, answering, assert_refused, replaced

from orchestrator import preflight
from orchestrator.cli.opened import Job, opened
from orchestrator.errors import DiskFull, MissingPackage, ModelFileError
from orchestrator.pipeline.order import ordered
from orchestrator.stages.repaint import Repaint, record


class Usage(NamedTuple):
    free: int


def changed(folder: Path, **parts: Any) -> None:
    """Put parts into the project file."""
    file = folder / "project.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | parts))


def check(job: Job) -> None:
    preflight.check_ahead(job.project, job.graph, job.store, ordered(job.graph.targets))


def test_frames_that_are_painted_need_no_more_room(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that goes on asks for room for the rest alone."""
    job = opened(project / "project.yaml")
    frame = 64 * 48 * 3
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(4 * frame))
    with pytest.raises(DiskFull):
        check(job)
    frames = job.store.folder(job.graph.frames) / "frames"
    frames.mkdir(parents=True)
    for index in range(6):
        (frames / f"{index:06d}.png").touch()
    check(job)


def test_segments_need_room_for_the_frames_that_they_show(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five of two frames each need no more than one of ten does, beside the frames that they become."""
    changed(project, stylize={"payload": "img2img-pocket", "segments": [{"from": 2 * n} for n in range(5)]})
    job = opened(project / "project.yaml")
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(20 * 64 * 48 * 3))
    check(job)
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(20 * 64 * 48 * 3 - 1))
    with pytest.raises(DiskFull):
        check(job)


def test_some_frames_painted_once_more_need_little_room(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others lie there already, and are the same files."""
    job = opened(project / "project.yaml")
    frames = job.store.folder(job.graph.frames) / "frames"
    frames.mkdir(parents=True)
    for index in range(10):
        (frames / f"{index:06d}.png").touch()
    record(frames.parent, [Repaint(3, 4, {"seed": 5})])
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(2 * 64 * 48 * 3))
    check(opened(project / "project.yaml"))
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(2 * 64 * 48 * 3 - 1))
    with pytest.raises(DiskFull):
        check(opened(project / "project.yaml"))


def test_a_model_that_fills_the_background_is_looked_at_before_the_training(project: Path) -> None:
    """Else it would be found to be none once everything is painted."""
    (project / "lama.onnx").write_bytes(b"none")
    changed(project, regions=[{"where": "everything", "paste": {"lama": "lama.onnx"}}])
    job = opened(project / "project.yaml")
    job.store.root.mkdir()
    with pytest.raises(ModelFileError, match=r"lama\.onnx"):
        check(job)


def test_a_missing_package_is_told_before_the_training(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy says what to install; who has both programs of his own needs none of it."""
    job = opened(project / "project.yaml")
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(MissingPackage, match="diffusers"):
        check(job)


def test_a_lora_folder_that_is_not_there_is_told_before_the_training(project: Path) -> None:
    """Else the WebUI could not see the LoRA, hours later."""
    with answering(200, "{}", "application/json") as url:
        against(url, project)
        assert_refused(project, 10, "webui.lora_dir")


def test_installing_looks_at_the_webui_before_the_training(project: Path) -> None:
    """As `run` does."""
    replaced("training:", "webui: {url: 'http://127.0.0.1:9', lora_dir: loras}\ntraining:")(project)
    answer = orchestrate("install", "project.yaml", cwd=project)
    assert answer.code == 40, answer.err
    assert not list(project.glob(".orchestrate/stages/*"))


def test_doctor_looks_at_what_trains(project: Path) -> None:
    """A checkout that is not there is a finding of its own, with what to do; the exit code is 1."""
    trainer = "  trainer: sd-scripts\n  sd_scripts: {path: nowhere, python: /bin/sh}"
    save_file({"cond_stage_model.transformer.x": np.zeros(1)}, project / "base.safetensors")
    replaced("  base_model: pocket", f"{trainer}\n  base_model: base.safetensors")(project)
    answer = orchestrate("doctor", "project.yaml", cwd=project)
    assert answer.code == 1
    assert "!! sd-scripts" in answer.out
    assert "there is no train_network.py in it" in " ".join(answer.out.split())  # it folds long lines
