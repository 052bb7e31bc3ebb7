"""What every trainer of the family keeps to, whichever program it starts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from training_room import Room, Told

from orchestrator import safetensors_file
from orchestrator.errors import DatasetError, ModelFileError, PresetError
from orchestrator.training.settings import TrainerName, TrainingSettings
from orchestrator.training.train import train
from orchestrator.training.trainer import TRAINERS, check

Make = Callable[..., TrainingSettings]


@pytest.fixture(params=list(TRAINERS))
def make(request: pytest.FixtureRequest, room: Room) -> Make:
    """Make settings for two steps with one of the trainers; the arguments are further overrides."""
    name: TrainerName = request.param
    shutil.rmtree(room.folder / "set")
    room.pictures(2)
    steps = {"max_train_steps": 2, "train_batch_size": 1}
    small = {"latent_window": 8, "pair_variants": 1}

    def settings(
        base_model: str | None = None, preset: str | None = None, **overrides: Any
    ) -> TrainingSettings:
        if name == "sd-scripts":
            document = room.settings(**steps, **overrides).model_dump()
        else:
            document = {"overrides": steps | small | overrides}
        chosen = {"base_model": base_model, "preset": preset}
        return TrainingSettings.model_validate(
            document | {key: value for key, value in chosen.items() if value}
        )

    return settings


def test_it_leaves_a_verified_lora_and_tells_of_each_step(make: Make, room: Room) -> None:
    """Pictures in, a named LoRA out, with its loss at each step; its log and its TOML files stay."""
    told = Told()
    weights = room.train(make(), told)
    assert weights.file == room.folder / "run" / "word.safetensors"
    assert weights.content_hash == safetensors_file.content_hash(weights.file)
    assert [step for step, _ in weights.losses] == [1, 2]
    assert told.steps[-1] == (2, 2)
    assert "64x64: 4 pictures in 4 batches" in told.lines
    assert not any("does not see the same pictures" in line for line in told.lines)
    assert {"config.toml", "dataset.toml", "trainer.log", "losses.json"} <= {
        path.name for path in (room.folder / "run").iterdir()
    }


def test_what_would_go_wrong_is_refused_before_anything_is_started(
    make: Make, room: Room, tmp_path: Path
) -> None:
    """A preset that is not there, an override of another type, a model that is missing or a pickle."""
    (tmp_path / "model.ckpt").write_bytes(b"\x80\x04.")
    for settings, kind in [
        (make(preset="sd15-stlye"), PresetError),
        (make(learning_rate="high"), PresetError),
        (make(resume="somewhere"), PresetError),
        (make(base_model=str(tmp_path / "none.safetensors")), ModelFileError),
        (make(base_model=str(tmp_path / "model.ckpt")), ModelFileError),
    ]:
        with pytest.raises(kind):
            check(settings)
        with pytest.raises(kind):
            room.train(settings)
    assert not (room.folder / "run" / "trainer.log").exists()


def test_the_end_of_its_program_alone_is_no_success(make: Make, room: Room) -> None:
    """Without pictures nothing is trained, whatever the program's exit code says."""
    settings = make()
    program = TRAINERS[settings.trainer].program(
        settings, {}, config=room.folder / "config.toml", dataset_config=room.folder / "dataset.toml"
    )
    assert "--config_file" in program.argv
    assert "--dataset_config" in program.argv
    for picture in (room.folder / "set").rglob("*.png"):
        picture.unlink()
    with pytest.raises(DatasetError, match="holds no pictures"):
        train(settings, room.dataset, room.folder / "run", Told())
