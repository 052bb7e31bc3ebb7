"""A training that does not get better any more ends, and what it keeps is the best."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from training_room import Room, Told

from orchestrator.errors import Killed
from orchestrator.progress import Silent
from orchestrator.safetensors_file import content_hash
from orchestrator.stages.checkpoint import saved
from orchestrator.training.early_stop import Watch, exhausted
from orchestrator.training.settings import TrainerName, TrainingSettings
from orchestrator.training.train import train
from orchestrator.training.trainer import TRAINERS

OBJECTIVES = st.lists(st.floats(-1, 1), max_size=12)


@pytest.mark.parametrize(
    ("objectives", "patience", "ends"),
    [
        ([], 1, False),
        ([0.1], 1, False),
        ([0.1, 0.2], 1, False),
        ([0.2, 0.1], 1, True),
        ([0.2, 0.1], 2, False),
        ([0.2, 0.1, 0.2], 2, True),
        ([0.2, 0.1, 0.3], 2, False),
        ([-0.3, -0.2, -0.25, -0.4], 2, True),
    ],
)
def test_it_is_enough_after_looks_without_anything_better(
    objectives: Sequence[float], patience: int, ends: bool
) -> None:
    """Equal is not better, and below no LoRA at all is still better or worse than something."""
    assert exhausted(objectives, patience) is ends


@given(OBJECTIVES, st.integers(1, 5))
def test_a_new_best_always_goes_on(objectives: list[float], patience: int) -> None:
    """Whatever came before."""
    assert not exhausted([*objectives, 2.0], patience)


@pytest.mark.parametrize("objectives", [[0.1], [0.1, 0.3, 0.2], [-0.1, -0.2], [0.2, 0.3, 0.3]])
def test_the_first_of_the_best_is_kept(tmp_path: Path, objectives: list[float]) -> None:
    """The file that is kept is that of the best step so far."""
    folder = tmp_path
    watch = Watch(lambda _, step: objectives[step], 99, folder / "best", Silent())
    for step in range(len(objectives)):
        (folder / "lora").write_text(str(step))
        watch.look(folder / "lora", step)
        assert (folder / "best").read_text() == str(watch.best_step)
    assert watch.best_step == objectives.index(max(objectives))


@pytest.fixture(params=list(TRAINERS))
def settings(request: pytest.FixtureRequest, room: Room) -> TrainingSettings:
    """Ten thousand steps with either trainer, looked at after every second one."""
    name: TrainerName = request.param
    shutil.rmtree(room.folder / "set")
    room.pictures(2)
    steps = {"max_train_steps": 10_000, "train_batch_size": 1}
    if name == "sd-scripts":
        document = room.settings(**steps).model_dump()
    else:
        document = {"overrides": {**steps, "latent_window": 8, "pair_variants": 1}}
    return TrainingSettings.model_validate({**document, "early_stop": {"every": 2, "patience": 2}})


def test_both_trainers_are_stopped_and_the_best_is_kept(settings: TrainingSettings, room: Room) -> None:
    """Best is step 4: once steps 6 and 8 were no better, the trainer is ended, and step 4 is kept."""
    hashes: dict[int, str] = {}

    def judge(lora: Path, step: int) -> float:
        hashes[step] = content_hash(lora)
        return -abs(step - 4)

    told = Told()
    (room.folder / "run").mkdir()
    weights = train(settings, room.dataset, room.folder / "run", told, judge=judge)

    assert list(hashes) == [2, 4, 6, 8]
    assert weights.content_hash == hashes[4] == content_hash(weights.file)
    assert weights.file == room.folder / "run" / "word.safetensors"
    assert "the LoRA of step 4 is kept, the best of 4" in told.lines
    kept = {each.step: each.lora.content_hash for each in saved(weights)}
    assert kept[4] == weights.content_hash
    assert max(step for step, _ in weights.losses) < 10_000


def test_a_training_may_get_better_until_its_end(room: Room) -> None:
    """Then its last LoRA was looked at, too, and is kept."""
    document = {**room.settings(max_train_steps=5).model_dump(), "early_stop": {"every": 2, "patience": 2}}
    told = Told()
    (room.folder / "run").mkdir()

    train(
        TrainingSettings.model_validate(document),
        room.dataset,
        room.folder / "run",
        told,
        judge=lambda _, step: step,
    )

    assert "the LoRA of step 5 is kept, the best of 3" in told.lines


def test_a_training_that_was_killed_is_looked_at_on_its_way_again(room: Room) -> None:
    """Best is step 8: killed after step 5, it goes on from step 4, and ends once 10 and 12 were no better."""
    document = {**room.settings(max_train_steps=40).model_dump(), "early_stop": {"every": 2, "patience": 2}}
    settings, looks = TrainingSettings.model_validate(document), list[int]()

    def judge(lora: Path, step: int) -> float:
        del lora
        looks.append(step)
        return -abs(step - 8)

    (room.folder / "run").mkdir()
    room.machine(kill_at=5)
    with pytest.raises(Killed):
        train(settings, room.dataset, room.folder / "run", Told(), judge=judge)
    assert looks == [2, 4]
    told = Told()
    weights = train(settings, room.dataset, room.folder / "run", told, judge=judge)

    assert "going on from step 4 of 40" in told.lines
    assert sorted({*looks[2:]}) == [2, 4, 6, 8, 10, 12]
    assert any(line.startswith("the LoRA of step 8 is kept") for line in told.lines)
    assert max(step for step, _ in weights.losses) < 40


def test_when_it_is_saved_is_said_in_one_place() -> None:
    """An override of the same thing is refused."""
    with pytest.raises(ValidationError, match="leave save_every_n_steps out"):
        TrainingSettings.model_validate({"overrides": {"save_every_n_steps": 5}, "early_stop": {"every": 10}})
