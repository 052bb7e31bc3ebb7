"""The whole job with a real checkout of kohya's sd-scripts and a full-size SD 1.5 checkpoint.

`SD_SCRIPTS_PATH` names the checkout, `SD15_CHECKPOINT` the checkpoint (one of random weights will do), and,
unless the checkout has a venv, `SD_SCRIPTS_PYTHON` its Python; `TOKENIZER_CACHE_DIR` holds the CLIP tokenizer
where there is no network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from small_project import make_project, make_video, orchestrate

from orchestrator import safetensors_file
from orchestrator.media.probe import probe

NEEDED = ("SD_SCRIPTS_PATH", "SD15_CHECKPOINT")
MISSING = [name for name in NEEDED if not os.environ.get(name)]
STEPS, FRAMES = 6, 4
# loading a full-size checkpoint takes most of a minute on two cores, and it is loaded three times
PATIENCE = 1800

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs a real sd-scripts: set {' and '.join(MISSING)}"),
    pytest.mark.timeout(2 * PATIENCE),
]


def full_size(folder: Path) -> Path:
    """Return a project of four tiny frames that trains a full-size checkpoint for six steps."""
    make_project(folder)
    make_video(folder / "street.mp4", seconds=FRAMES / 25)
    tokenizer, python = os.environ.get("TOKENIZER_CACHE_DIR"), os.environ.get("SD_SCRIPTS_PYTHON")
    project = yaml.safe_load((folder / "project.yaml").read_text())
    project["training"] = {
        "trainer": "sd-scripts",
        "preset": "sd15-style",
        "base_model": os.environ["SD15_CHECKPOINT"],
        "sd_scripts": {
            "path": os.environ["SD_SCRIPTS_PATH"],
            "launcher": "python",
            "state_every": 1,
            **({"python": python} if python else {}),
        },
        "overrides": {
            "max_train_steps": STEPS,
            "train_batch_size": 2,
            "network_dim": 4,
            "network_alpha": 2,
            "learning_rate": 0.01,
            "mixed_precision": "no",
            "gradient_checkpointing": False,
            "max_data_loader_n_workers": 0,
            "persistent_data_loader_workers": False,
            **({"tokenizer_cache_dir": tokenizer} if tokenizer else {}),
        },
    }
    project["webui"] = {"url": "embedded", "ready_timeout": PATIENCE}
    project["stylize"] = {"payload": "img2img-style", "steps": 4, "strength": 0.5}
    (folder / "project.yaml").write_text(yaml.safe_dump(project))
    return folder


def killed_after_its_first_state(project: Path) -> None:
    command = (sys.executable, "-m", "orchestrator.cli.main", "run", "project.yaml")
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL) as run:
        deadline = time.monotonic() + PATIENCE
        while not list(project.glob(".orchestrate/stages/train-*/checkpoints/*-state/random_states*")):
            assert run.poll() is None, "it ended before it had saved a state"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        run.kill()


def test_a_killed_job_trains_to_exactly_the_steps_asked_for_and_paints_with_the_lora(tmp_path: Path) -> None:
    """It goes on from the first state, ends with six steps; the LoRA is installed, acts, and is measured."""
    project = full_size(tmp_path)
    killed_after_its_first_state(project)
    answer = orchestrate("run", "project.yaml", "--json", cwd=project, timeout=PATIENCE)
    assert answer.code == 0, answer.out[-3000:] + answer.err
    said = [event["text"] for line in answer.out.splitlines() if "text" in (event := json.loads(line))]
    assert any(text.startswith("going on from step ") for text in said), said
    (stage,) = project.glob(".orchestrate/stages/train-*")
    assert [step for step, _ in json.loads((stage / "losses.json").read_text())] == [*range(1, STEPS + 1)]
    metadata = safetensors_file.header(project / "out/small.safetensors").metadata
    assert metadata["ss_network_dim"] == "4"
    assert metadata["sshs_model_hash"] == safetensors_file.content_hash(project / "out/small.safetensors")
    assert probe(project / "out/small.mp4").count == FRAMES
    assert set(json.loads((project / "out/scores.json").read_text())["metrics"]) == {
        "lpips",
        "ssim",
        "warp_error",
    }
