"""A real checkout of sd-scripts, where there is one.

`SD_SCRIPTS_PATH` names the checkout, `SD15_CHECKPOINT` an SD 1.5 checkpoint (one of random weights will do),
and, unless the checkout has a venv, `SD_SCRIPTS_PYTHON` its Python; `TOKENIZER_CACHE_DIR` holds the CLIP
tokenizer where there is no network.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from training_room import Room, Told

from orchestrator import safetensors_file
from orchestrator.errors import TrainerError
from orchestrator.training import follow
from orchestrator.training.progress_lines import Step
from orchestrator.training.settings import TrainingSettings
from orchestrator.training.train import train

NEEDED = ("SD_SCRIPTS_PATH", "SD15_CHECKPOINT")
MISSING = [name for name in NEEDED if not os.environ.get(name)]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs a real sd-scripts: set {' and '.join(MISSING)}")


def settings(**overrides: object) -> TrainingSettings:
    """Six steps at 64 pixels in full precision, three an epoch, a state after each epoch."""
    tokenizer = os.environ.get("TOKENIZER_CACHE_DIR")
    steps = {
        "max_train_steps": 6,
        "train_batch_size": 2,
        "network_dim": 4,
        "network_alpha": 2,
        "mixed_precision": "no",
        "gradient_checkpointing": False,
        "max_data_loader_n_workers": 0,
        "persistent_data_loader_workers": False,
        **({"tokenizer_cache_dir": tokenizer} if tokenizer else {}),
    }
    python = os.environ.get("SD_SCRIPTS_PYTHON")
    return TrainingSettings.model_validate(
        {
            "trainer": "sd-scripts",
            "preset": "sd15-style",
            "base_model": os.environ["SD15_CHECKPOINT"],
            "sd_scripts": {
                "path": os.environ["SD_SCRIPTS_PATH"],
                "launcher": "python",
                "state_every": 1,
                **({"python": python} if python else {}),
            },
            "overrides": {**steps, **overrides},
        }
    )


def test_a_killed_training_resumes_to_exactly_the_steps_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped within its second epoch, it goes on from the state after the first, to six steps in all."""
    dataset = Room(tmp_path, tmp_path).pictures(3)
    (tmp_path / "run").mkdir()

    class PoweredOff(Exception):
        pass

    show = follow._show

    def switched_off(run: object, event: Step) -> None:
        show(run, event)  # type: ignore[arg-type]
        if event.step == 4:
            raise PoweredOff

    told = Told()
    with monkeypatch.context() as patch, pytest.raises(PoweredOff):
        patch.setattr(follow, "_show", switched_off)
        train(settings(), dataset, tmp_path / "run", told)
    assert told.lines[:2] == ["64x64: 6 pictures in 3 batches", "3 steps an epoch, 2 epochs, 6 steps in all"]
    assert not [line for line in told.lines if "does not see the same pictures" in line]
    told = Told()
    weights = train(settings(), dataset, tmp_path / "run", told)
    assert "going on from step 3 of 6" in told.lines
    assert [step for step, _ in weights.losses] == [1, 2, 3, 4, 5, 6]
    metadata = safetensors_file.header(weights.file).metadata
    assert metadata["ss_network_dim"] == "4"
    assert metadata["sshs_model_hash"] == weights.content_hash


def test_its_own_last_lines_are_shown(tmp_path: Path) -> None:
    """An optimizer that it does not know ends it after its start-up, and its last lines are shown."""
    dataset = Room(tmp_path, tmp_path).pictures(3)
    (tmp_path / "run").mkdir()
    with pytest.raises(TrainerError, match="NoSuchOptimizer"):
        train(settings(optimizer_type="NoSuchOptimizer"), dataset, tmp_path / "run", Told())
