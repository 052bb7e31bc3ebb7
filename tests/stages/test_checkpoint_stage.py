"""The LoRA of an earlier step in place of the training's last."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import ProjectError
from orchestrator.pipeline.execute import artifacts, execute
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.pipeline.store import Store
from orchestrator.progress import Progress, Silent
from orchestrator.safetensors_file import content_hash
from orchestrator.stages import train
from orchestrator.stages.checkpoint import checkpoint, saved


def weights(file: Path, value: float) -> None:
    file.parent.mkdir(exist_ok=True)
    save_file({"lora_unet_x.lora_up.weight": np.full((2, 2), value, np.float32)}, file)


def trained(folder: Path, made: Made, progress: Progress) -> None:
    """Leave what a training of 30 steps leaves that saved at steps 10 and 20."""
    del made, progress
    for step in (10, 20):
        weights(folder / "checkpoints" / f"film-step{step:08d}.safetensors", step)
    weights(folder / "film.safetensors", 30)
    rows = [
        {"file": f"checkpoints/film-step{step:08d}.safetensors", "step": step, "loss": 0.1}
        for step in (10, 20)
    ]
    (folder / "candidates.json").write_text(json.dumps(rows))
    (folder / "losses.json").write_text(json.dumps([[step, 1 / step] for step in range(1, 31)]))
    (folder / "preview.png").write_bytes(b"picture")


@pytest.fixture
def training() -> Stage[LoraWeights]:
    return Stage("train", 1, {}, (), trained, train.load)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def made(store: Store, stage: Stage[LoraWeights]) -> LoraWeights:
    execute([stage], store, Silent())
    return artifacts(store)(stage)


def test_a_training_knows_all_that_it_saved(store: Store, training: Stage[LoraWeights]) -> None:
    """Each with its step and its own hash, the last one at the end."""
    last = made(store, training)

    found = saved(last)

    assert [each.step for each in found] == [10, 20, 30]
    assert len({each.lora.content_hash for each in found}) == 3
    assert all(each.lora.content_hash == content_hash(each.lora.file) for each in found)
    assert found[-1].lora == last


@pytest.mark.parametrize("step", [10, 30])
def test_a_step_is_chosen_with_its_losses(store: Store, training: Stage[LoraWeights], step: int) -> None:
    """What is used is the LoRA of that step, under the training's name and with its preview."""
    chosen = made(store, checkpoint(training, step))

    wanted = next(each.lora for each in saved(artifacts(store)(training)) if each.step == step)
    assert chosen.content_hash == wanted.content_hash
    assert chosen.file.name == "film.safetensors"
    assert [at for at, _ in chosen.losses] == list(range(1, step + 1))
    assert chosen.preview is not None
    assert chosen.preview.read_bytes() == b"picture"


def test_without_a_step_the_training_itself_is_used(training: Stage[LoraWeights]) -> None:
    """No key changes then, and nothing is made anew."""
    assert checkpoint(training, None) is training


def test_a_step_that_was_not_saved_is_refused(store: Store, training: Stage[LoraWeights]) -> None:
    """The message names those that were."""
    with pytest.raises(ProjectError, match="no LoRA of step 15; there are 10, 20, 30"):
        made(store, checkpoint(training, 15))
