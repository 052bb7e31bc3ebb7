"""Trainings with a program that behaves as sd-scripts is known to."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image
from training_room import Room, Told

from orchestrator.errors import Killed
from orchestrator.pipeline.stage import Stage
from orchestrator.stages.train import train as stage_of
from orchestrator.training import attempt
from orchestrator.training.settings import TrainingSettings


@pytest.mark.parametrize("launcher", ["python", "accelerate"])
def test_a_training_goes_from_pictures_to_a_verified_lora(room: Room, launcher: str) -> None:
    """Steps are told beforehand and equal what is trained; epochs, checkpoints and losses are followed."""
    told = Told()
    weights = room.train(room.settings(launcher), told)
    assert weights.file == room.folder / "run" / "word.safetensors"
    assert [step for step, _ in weights.losses] == list(range(1, 13))
    assert told.lines[:2] == [
        "64x64: 12 pictures in 6 batches",
        "6 steps an epoch, 2 epochs, 12 steps in all",
    ]
    assert "epoch 2 of 2" in told.lines
    assert "word-000001.safetensors is saved at step 6" in told.lines
    assert told.steps[-1] == (12, 12)
    assert "学習開始" in (room.folder / "run" / "trainer.log").read_text(encoding="utf-8")
    assert len(room.learning_rates()) == 12


@pytest.mark.parametrize("steps", [12, 15, 17])
@pytest.mark.parametrize("kill_at", [7, 10])
def test_a_killed_training_goes_on_to_exactly_the_steps_asked_for(
    room: Room, steps: int, kill_at: int
) -> None:
    """Killed after the state at step 6: the rest is trained, under the learning rates of one training."""
    room.machine(kill_at=kill_at)
    settings = room.settings(max_train_steps=steps, lr_scheduler="cosine", lr_warmup_steps=0)
    with pytest.raises(Killed):
        room.train(settings)
    told = Told()
    weights = room.train(settings, told)
    assert f"going on from step 6 of {steps}" in told.lines
    assert [step for step, _ in weights.losses] == list(range(1, steps + 1))
    assert told.steps[-1] == (steps, steps)
    first, second = room.learning_rates()[:kill_at], room.learning_rates()[kill_at:]
    undisturbed = [1e-4 * 0.5 * (1 + math.cos(math.pi * step / steps)) for step in range(steps)]
    assert first == pytest.approx(undisturbed[:kill_at], abs=1e-9)
    assert second[: steps - 6] == pytest.approx(undisturbed[6:], abs=1e-9)


def test_a_state_that_was_half_written_is_passed_over(room: Room) -> None:
    """Switched off while the second state was being written: it goes on from the first."""
    room.machine(half_state="-000002")
    settings = room.settings(max_train_steps=18)
    with pytest.raises(Killed):
        room.train(settings)
    states = {path.name for path in (room.folder / "run" / "checkpoints").glob("*-state")}
    assert states == {"word-000001-state", "word-000002-state"}
    told = Told()
    weights = room.train(settings, told)
    assert "going on from step 6 of 18" in told.lines
    assert [step for step, _ in weights.losses] == list(range(1, 19))


def test_without_a_state_it_begins_again(room: Room) -> None:
    """Killed within the first epoch, all steps are trained, and nothing is said of going on."""
    room.machine(kill_at=3)
    with pytest.raises(Killed):
        room.train(room.settings())
    told = Told()
    assert [step for step, _ in room.train(room.settings(), told).losses] == list(range(1, 13))
    assert not any("going on" in line for line in told.lines)


def test_steps_asked_for_as_epochs_resume_too(room: Room) -> None:
    """Three epochs are eighteen steps, whichever way they were asked for."""
    room.machine(kill_at=8)
    settings = room.settings(max_train_steps=None, max_train_epochs=3)
    with pytest.raises(Killed):
        room.train(settings)
    assert [step for step, _ in room.train(settings).losses] == list(range(1, 19))


def test_sample_pictures_are_told_as_they_appear(room: Room) -> None:
    """One an epoch, by its name."""
    prompts = room.folder / "prompts.txt"
    prompts.write_text("word style --w 64 --h 64\n")
    told = Told()
    room.train(room.settings(sample_every_n_epochs=1, sample_prompts=str(prompts)), told)
    assert [line for line in told.lines if line.startswith("sample picture")] == [
        "sample picture: word_e000001_00_20260102030405.png",
        "sample picture: word_e000002_00_20260102030405.png",
    ]


def test_caches_of_another_resolution_are_never_used(room: Room) -> None:
    """A program that takes any cache beside a picture finds none but those of the same try."""
    (room.folder / "set" / "2_word" / "0000.npz").write_text("[32, 32]")
    room.train(room.settings(cache_latents_to_disk=True))
    room.pictures(6, size=128)
    room.train(room.settings(cache_latents_to_disk=True))
    assert not (room.checkout / "stale.log").exists()
    assert [path.name for path in (room.folder / "set").rglob("*.npz")] == ["0000.npz"]


def test_a_trainer_that_sees_other_pictures_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own counts of batches and steps are compared with ours."""
    linked = attempt.linked

    def with_one_less(content: Any, folder: Path) -> dict[str, Any]:
        links = linked(content, folder)
        for picture in list(folder.rglob("*.png"))[:2]:
            picture.unlink()
        return links

    monkeypatch.setattr(attempt, "linked", with_one_less)
    told = Told()
    room.train(room.settings(max_train_steps=None, max_train_epochs=2), told)
    assert [line.partition(":")[0] for line in told.lines if "does not see the same pictures" in line] == [
        "the trainer counts 4 batches an epoch and not 6",
        "the trainer counts 8 steps in all and not 12",
    ]


TRAINING = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from training_room import Room
room = Room(Path(sys.argv[2]), Path(sys.argv[2]) / "sd-scripts")
room.train(room.settings(sys.argv[3], max_train_steps=10000))
"""


@pytest.mark.parametrize("launcher", ["python", "accelerate"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_trainer_outlives_its_owner(room: Room, launcher: str, number: int) -> None:
    """From Ctrl-C, or `kill -9`, to no process of ours left: under 10 s; the states are kept."""
    room.machine(sleep=0.05)
    argv = (sys.executable, "-c", TRAINING, str(Path(__file__).parent), str(room.folder), launcher)
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as owner:
        steps = room.checkout / "steps.log"
        waited = time.monotonic()
        while not steps.exists() or steps.read_text().count("\n") < 8:
            assert time.monotonic() - waited < 60
            time.sleep(0.05)
        family = psutil.Process(owner.pid).children(recursive=True)
        assert int((room.checkout / "pid").read_text()) in {process.pid for process in family}
        os.kill(owner.pid, number)
        _, alive = psutil.wait_procs(family, timeout=10)
        owner.kill()  # where it lives on, the test fails below instead of waiting for it
    assert alive == []
    assert owner.returncode != 0


CTRL_C = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from training_room import Room
from orchestrator.errors import Interrupted
room = Room(Path(sys.argv[2]), Path(sys.argv[2]) / "sd-scripts")
try:
    print("trained", len(room.train(room.settings(sys.argv[3], max_train_steps=18)).losses))
except Interrupted as error:
    print(error)
"""


def training_up_to(
    room: Room, launcher: str, step: int
) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """Start a training of 18 steps; return it, and all the programs it runs, once a step is trained."""
    argv = (sys.executable, "-c", CTRL_C, str(Path(__file__).parent), str(room.folder), launcher)
    owner = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    log, began = room.checkout / "steps.log", time.monotonic()
    while not log.exists() or log.read_text().count("\n") < step:
        assert time.monotonic() - began < 60
        time.sleep(0.02)
    return owner, psutil.Process(owner.pid).children(recursive=True)


def running(family: list[psutil.Process]) -> list[psutil.Process]:
    """Return which of them still do anything; the dead may wait for init to take notice."""

    def is_alive(process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return [each for each in family if is_alive(each)]


@pytest.mark.parametrize("launcher", ["python", "accelerate"])
def test_ctrl_c_says_what_is_kept_and_the_same_command_goes_on(room: Room, launcher: str) -> None:
    """The step it was at, and that of the last whole state, from which the next try goes on to the end."""
    room.machine(sleep=0.2)
    owner, family = training_up_to(room, launcher, 9)
    owner.send_signal(signal.SIGINT)
    out, _ = owner.communicate(timeout=10)
    assert not running(family)
    said = re.fullmatch(
        r"stopped at step (\d+) of 18 of the training; kept is the state of step 6, "
        r"and the same command goes on from there\n",
        out,
    )
    assert said is not None, out
    assert 8 <= int(said[1]) <= 12
    room.machine()
    told = Told()
    assert len(room.train(room.settings(launcher, max_train_steps=18), told).losses) == 18
    assert "going on from step 6 of 18" in told.lines


def test_ctrl_c_before_the_first_state_says_that_nothing_is_kept(room: Room) -> None:
    """Rather than leave the user to find out."""
    room.machine(sleep=0.2)
    owner, _ = training_up_to(room, "python", 2)
    owner.send_signal(signal.SIGINT)
    out, _ = owner.communicate(timeout=10)
    assert "kept is nothing of it, but all that was made before it" in out


@pytest.mark.parametrize(("times", "seconds"), [(1, 10.0), (2, 3.0)])
def test_a_trainer_deaf_to_signals_ends_too_and_at_the_second_ctrl_c_at_once(
    room: Room, times: int, seconds: float
) -> None:
    """Once: after a grace period, in less than 10 s; twice: no grace."""
    room.machine(sleep=0.2, deaf=True)
    owner, family = training_up_to(room, "accelerate", 2)
    began = time.monotonic()
    for _ in range(times):
        owner.send_signal(signal.SIGINT)
        time.sleep(0.5)
    owner.communicate(timeout=10)
    assert not running(family)
    assert time.monotonic() - began < seconds


def test_a_killed_launcher_leaves_no_orphan(room: Room) -> None:
    """The trainer that accelerate started ends with it, and it is told as killed."""
    room.machine(sleep=0.05)
    argv = (sys.executable, "-c", TRAINING, str(Path(__file__).parent), str(room.folder), "accelerate")
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as owner:
        steps = room.checkout / "steps.log"
        while not steps.exists():
            time.sleep(0.05)
        trainer = psutil.Process(int((room.checkout / "pid").read_text()))
        trainer.parent().kill()  # type: ignore[union-attr] - the launcher is there
        _, alive = psutil.wait_procs([trainer], timeout=10)
        _, told = owner.communicate()
    assert alive == []
    assert "the trainer was killed from outside" in told


def test_class_images_are_trained_beside_the_character(room: Room) -> None:
    """As many of them as of the character, in buckets of their own, said and then counted by the trainer."""
    for number in range(3):
        file = room.folder / "people" / f"{number}.png"
        file.parent.mkdir(exist_ok=True)
        Image.new("RGB", (64, 64)).save(file)
    document = room.settings().model_dump() | {
        "preset": "sd15-character",
        "class_images": {"folder": room.folder / "people", "prompt": "a person"},
    }
    told = Told()
    room.train(TrainingSettings.model_validate(document), told)
    assert "24 pictures in 12 batches" in told.lines[0]
    assert not any("does not see the same pictures" in line for line in told.lines)
    assert 'class_tokens = "a person"' in (room.folder / "run" / "dataset.toml").read_text()


def test_a_stage_of_it_resumes_and_is_known_by_contents(room: Room) -> None:
    """Half-made work is kept for the next run; how the program is started changes nothing."""
    pictures: Stage[Any] = Stage("dataset", 1, {}, (), print, Path)
    here, there = (
        stage_of(room.settings(launcher), "digest", {}, pictures) for launcher in ("python", "accelerate")
    )
    assert here.resumes
    assert here.key == there.key
    assert here.key != stage_of(room.settings("python"), "digest", {"ae": "other"}, pictures).key
    assert not stage_of(TrainingSettings(), "digest", {}, pictures).resumes


def test_a_token_is_no_part_of_what_is_recorded(room: Room) -> None:
    """Another one trains the same LoRA, and no record of the stage holds it."""
    pictures: Stage[Any] = Stage("dataset", 1, {}, (), print, Path)
    plain, secret = (
        stage_of(room.settings(**each), "digest", {}, pictures) for each in ({}, {"wandb_api_key": "hush"})
    )
    assert plain.key == secret.key
    assert "hush" not in str(secret.settings)
