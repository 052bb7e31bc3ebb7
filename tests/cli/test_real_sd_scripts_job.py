"""The whole job with a real checkout of sd-scripts, where there is one.

The variables are those of `tests/training/test_real_sd_scripts.py`; `REAL_RUN_LOG` keeps what a run told.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_project import make_project, make_video, orchestrate
from test_whole_job import orphans

from orchestrator import safetensors_file

NEEDED = ("SD_SCRIPTS_PATH", "SD15_CHECKPOINT")
MISSING = [name for name in NEEDED if not os.environ.get(name)]
STEPS = 6
PATIENCE = 1800  # on two cores that others use too, a step at 64 pixels has taken 25 s

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs a real sd-scripts: set {' and '.join(MISSING)}"),
    pytest.mark.timeout(3 * PATIENCE),
]


def project_of(folder: Path) -> Path:
    """Three frames of 64x48, four pictures of 64 pixels, two batches an epoch, a state after each."""
    make_project(folder)
    make_video(folder / "street.mp4", seconds=0.12)
    optional = {"python": os.environ.get("SD_SCRIPTS_PYTHON")}
    tokenizers = {"tokenizer_cache_dir": os.environ.get("TOKENIZER_CACHE_DIR")}
    small: dict[str, Any] = {
        "max_train_steps": STEPS,
        "train_batch_size": 2,
        "network_dim": 4,
        "network_alpha": 2,
        "mixed_precision": "no",
        "gradient_checkpointing": False,
        "max_data_loader_n_workers": 0,
        "persistent_data_loader_workers": False,
    }
    document = yaml.safe_load((folder / "project.yaml").read_text())
    document["training"] = {
        "trainer": "sd-scripts",
        "sd_scripts": {"path": os.environ["SD_SCRIPTS_PATH"], "state_every": 1} | given(optional),
        "base_model": os.environ["SD15_CHECKPOINT"],
        "overrides": small | given(tokenizers),
    }
    document["webui"] = {"ready_timeout": PATIENCE, "read_timeout": PATIENCE}
    document["stylize"] = {"payload": "img2img-style", "steps": 2, "strength": 0.5, "cfg_scale": 1}
    document["score"] = {"metrics": ["ssim", "lpips"]}
    (folder / "project.yaml").write_text(yaml.safe_dump(document))
    return folder


def given(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def killed_after_its_first_state(project: Path) -> None:
    """Kill the orchestrator with -9 once a state is whole."""
    command = (sys.executable, "-m", "orchestrator.cli.main", "run", "project.yaml")
    with subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
        began = time.monotonic()
        while not list(project.glob(".orchestrate/stages/train-*/checkpoints/*-state/random_states*")):
            assert run.poll() is None, run.stderr and run.stderr.read()
            assert time.monotonic() - began < PATIENCE
            time.sleep(0.1)
        run.kill()


def test_a_run_that_was_killed_goes_on_to_scores(tmp_path: Path) -> None:
    """Trained to exactly the steps asked for, installed, painted with its effect proven, and measured."""
    project = project_of(tmp_path)
    killed_after_its_first_state(project)
    assert not orphans(project)
    answer = orchestrate("run", "project.yaml", cwd=project, timeout=PATIENCE)
    assert answer.code == 0, answer.err
    assert f"going on from step 2 of {STEPS}" in answer.err
    (train,) = project.glob(".orchestrate/stages/train-*")
    assert [step for step, _ in json.loads((train / "losses.json").read_text())] == list(range(1, STEPS + 1))
    lora = project / "out" / "small.safetensors"
    metadata = safetensors_file.header(lora).metadata
    assert metadata["sshs_model_hash"] == safetensors_file.content_hash(lora)
    assert metadata["ss_new_sd_model_hash"]
    means = json.loads((project / "out" / "scores.json").read_text())["metrics"]
    assert all(0 < means[name]["mean"] < 1 for name in ("ssim", "lpips"))
    shown = orchestrate("lora", "show", str(lora), cwd=project)
    assert shown.code == 0, shown.out
    assert "as its metadata tell" in shown.out
    (Path(os.environ.get("REAL_RUN_LOG", tmp_path / "log"))).write_text(answer.err + answer.out + shown.out)
