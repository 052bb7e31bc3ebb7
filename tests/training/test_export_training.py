"""A training that is run by hand, from nothing but what was exported."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from training_room import Room

from orchestrator.errors import NotWritable
from orchestrator.training import configs
from orchestrator.training.export import export
from orchestrator.training.settings import TrainingSettings
from orchestrator.training.verify import verify


def paths(document: dict[str, object]) -> list[str]:
    return [value for value in document.values() if isinstance(value, str) and "/" in value]


@pytest.mark.parametrize("launcher", ["python", "accelerate"])
def test_the_very_training_is_run_by_hand(room: Room, launcher: str) -> None:
    """The command of the README alone, in another shell: the same arguments, as many steps, and a LoRA."""
    target = room.folder / "by hand"
    exported = export(room.settings(launcher, max_train_steps=6), room.dataset, target)
    readme = (target / "README.md").read_text()
    assert exported.command in readme
    assert "6 steps an epoch, 1 epochs, 6 steps in all" in readme
    (room.folder / "set").rename(room.folder / "gone")
    subprocess.run(("sh", "-c", exported.command), check=True, cwd="/", capture_output=True)
    verify(target / "lora" / "word.safetensors")
    assert len(room.learning_rates()) == 6


def test_what_is_exported_says_what_a_run_says(room: Room) -> None:
    """Argument by argument; every path is absolute and written with forward slashes."""
    exported = export(room.settings(), room.dataset, room.folder / "out")
    config = configs.parsed(exported.config.read_text(), "x")
    data = configs.parsed(exported.dataset_config.read_text(), "x")
    assert not (room.checkout / "steps.log").exists(), "nothing is trained"
    room.train(room.settings())
    ran = configs.parsed((room.folder / "run" / "config.toml").read_text(), "x")
    assert {**config, "output_dir": ""} == {**ran, "output_dir": ""}
    assert all(Path(path).is_absolute() for path in paths(config))
    (subset,) = data["datasets"][0]["subsets"]
    assert sorted(path.suffix for path in Path(subset["image_dir"]).iterdir()) == [".png"] * 6 + [".txt"] * 6
    assert subset["image_dir"] == (room.folder / "out" / "pictures" / "0-0" / "2_word").as_posix()


def test_nothing_that_is_there_is_overwritten(room: Room, tmp_path: Path) -> None:
    """An empty folder is taken; one that holds anything, or a file, is left as it is."""
    (tmp_path / "empty").mkdir()
    export(room.settings(), room.dataset, tmp_path / "empty")
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "empty", tmp_path / "file"):
        with pytest.raises(NotWritable, match="nothing of it is overwritten"):
            export(room.settings(), room.dataset, target)


def test_a_training_of_the_embedded_trainer_goes_to_sd_scripts_too(room: Room) -> None:
    """With its script, which follows from the model; pocket is known to the embedded trainer alone."""
    settings = TrainingSettings.model_validate({"base_model": str(room.folder / "model.safetensors")})
    exported = export(settings, room.dataset, room.folder / "out")
    readme = (room.folder / "out" / "README.md").read_text()
    assert "-m orchestrator.embedded.trainer --config_file" in exported.command
    assert f"python train_network.py --config_file {exported.config}" in readme
    export(TrainingSettings(), room.dataset, room.folder / "pocket")
    assert "train_network.py" not in (room.folder / "pocket" / "README.md").read_text()
