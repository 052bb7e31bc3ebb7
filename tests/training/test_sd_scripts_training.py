"""Trainings with a program that behaves as sd-scripts is known to."""

from __future__ import annotations

import math

import pytest
from training_room import Room, Told

from orchestrator.errors import Killed


@pytest.mark.parametrize("launcher", ["python", "accelerate"])
def test_a_training_goes_from_pictures_to_a_verified_lora(room: Room, launcher: str) -> None:
    """Steps are told beforehand and equal what is trained; epochs, checkpoints and losses are followed."""
    told = Told()
    weights = room.train(room.settings(launcher), told)
    assert weights.file == room.folder / "run" / "word.safetensors"
    assert [step for step, _ in weights.losses] == list(range(1, 13))
    assert told.lines[:2] == ["64x64: 12 pictures in 6 batches", "6 steps an epoch, 2 epochs, 12 steps in all"]
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
    """Killed after the state at step 6: 6 + the rest are trained, under the learning rates of one training."""
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
