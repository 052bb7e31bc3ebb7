"""Each way in which a trainer fails is told as what it is, with what to do."""

from __future__ import annotations

from typing import Any

import pytest
from training_room import Room, Told

from orchestrator.errors import (
    DiskFull,
    Diverged,
    Killed,
    MissingPackage,
    ModelFileError,
    NoGpu,
    OrchestrateError,
    OutOfMemory,
    TrainerError,
)
from orchestrator.training.failures import understood

FAULTS: dict[str, tuple[dict[str, Any], dict[str, Any], type[OrchestrateError], str, str]] = {
    "memory": ({"memory": 1}, {}, OutOfMemory, "memory is not enough", "on_oom: retry"),
    "nan": ({"nan_at": 3}, {}, Diverged, "nan at step 3", "learning_rate"),
    "killed": ({"kill_at": 3}, {}, Killed, "killed from outside", "goes on from the last state"),
    "disk": ({"full_at": 3}, {}, DiskFull, "no space is left", "Free some space"),
    "bitsandbytes": (
        {"missing": ["bitsandbytes"]},
        {"optimizer_type": "AdamW8bit"},
        MissingPackage,
        "lacks the package bitsandbytes",
        "Install bitsandbytes",
    ),
    "xformers": (
        {"missing": ["xformers"]},
        {"xformers": True, "sdpa": False},
        MissingPackage,
        "lacks the package xformers",
        "Install xformers",
    ),
    "no gpu": (
        {"no_cuda": True},
        {"mixed_precision": "fp16"},
        NoGpu,
        "cannot use a GPU",
        "mixed_precision to 'no'",
    ),
    "no model": ({"no_model": True}, {}, ModelFileError, "is not there", "never downloaded"),
}


@pytest.mark.parametrize(
    ("fault", "launcher"),
    [*((fault, "python") for fault in FAULTS), ("memory", "accelerate"), ("killed", "accelerate")],
)
def test_each_failure_is_an_error_of_its_own(room: Room, fault: str, launcher: str) -> None:
    """Whichever way it was launched; the last lines come with it, and the log is named."""
    machine, overrides, kind, what, remedy = FAULTS[fault]
    room.machine(**machine)
    with pytest.raises(OrchestrateError) as caught:
        room.train(room.settings(launcher, **overrides))
    assert type(caught.value) is kind
    assert what in caught.value.what
    assert remedy in caught.value.remedy
    assert "its last lines:\n  | " in caught.value.what
    assert caught.value.where == str(room.folder / "run" / "trainer.log")


@pytest.mark.parametrize(
    ("exit_code", "line", "kind"),
    [
        (1, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.", OutOfMemory),
        (1, "torch.cuda.OutOfMemoryError: HIP out of memory.", OutOfMemory),
        (1, "RuntimeError: CUDA error: out of memory", OutOfMemory),
        (1, "RuntimeError: MPS backend out of memory (MPS allocated: 5 GB)", OutOfMemory),
        (1, "OSError: [Errno 28] No space left on device: 'x'", DiskFull),
        (1, "OSError: [Errno 122] Disk quota exceeded", DiskFull),
        (1, "ModuleNotFoundError: No module named 'bitsandbytes'", MissingPackage),
        (1, "ImportError: No xformers / xformersがインストールされていないようです", MissingPackage),
        (1, "AssertionError: Torch not compiled with CUDA enabled", NoGpu),
        (1, "RuntimeError: No CUDA GPUs are available", NoGpu),
        (1, "FileNotFoundError: No such file or directory: /models/ae.safetensors", ModelFileError),
        (1, "huggingface_hub.errors.HFValidationError: Repo id must use alphanumeric chars", ModelFileError),
        (1, "OSError: Can't load tokenizer for 'openai/clip-vit-large-patch14'.", ModelFileError),
        (1, "OSError: We couldn't connect to 'https://huggingface.co' to load this file", ModelFileError),
        (137, "", Killed),
        (143, "", Killed),
        (1, "died with <Signals.SIGKILL: 9>.", Killed),
        (1, "AssertionError: something that nobody knows", TrainerError),
        (127, "python: No such file or directory", TrainerError),
    ],
)
def test_known_last_lines_are_understood(exit_code: int, line: str, kind: type[OrchestrateError]) -> None:
    """The words of torch, accelerate and the operating system; all else is told as it is."""
    error = understood(exit_code, ["Traceback (most recent call last):", line], "trainer.log")
    assert type(error) is kind
    assert line in error.what


def test_out_of_memory_ends_it_unless_a_retry_is_asked_for(room: Room) -> None:
    """By default nothing is tried behind the user's back."""
    room.machine(memory=1)
    told = Told()
    with pytest.raises(OutOfMemory):
        room.train(room.settings(), told)
    assert not [line for line in told.lines if "trying again" in line]


def test_the_ladder_goes_down_until_the_memory_is_enough(room: Room) -> None:
    """Each rung is told, in the agreed order, and each keeps what the ones before it changed."""
    room.pictures(6, size=512)
    room.machine(memory=11)  # enough for one picture with checkpoints and a small optimizer alone
    told = Told()
    weights = room.train(
        room.settings(on_oom="retry", gradient_checkpointing=False, cache_latents=False), told
    )
    tries = [
        line.removeprefix("out of GPU memory: trying again with ") for line in told.lines if "trying" in line
    ]
    assert tries == [
        "gradient checkpointing",
        "cached latents",
        "one picture at a time",
        "an 8-bit optimizer",
    ]
    assert [step for step, _ in weights.losses] == list(range(1, 13))
    config = (room.folder / "run" / "config.toml").read_text()
    assert "gradient_accumulation_steps = 2" in config  # a step still sees two pictures
    assert len(room.learning_rates()) == 12  # nothing was trained before memory ran out


def test_a_rung_that_the_machine_cannot_take_is_left_out(room: Room) -> None:
    """Without bitsandbytes the ladder goes on from what it had before, to a lower resolution."""
    room.pictures(6, size=512)
    room.machine(memory=10, missing=["bitsandbytes"])
    told = Told()
    room.train(room.settings(on_oom="retry"), told)
    assert any(
        "that is not possible: the trainer's Python lacks the package bitsandbytes" in x for x in told.lines
    )
    assert told.lines.index("out of GPU memory: trying again with a lower resolution") > 0
    assert "384x384: 12 pictures in 12 batches" in told.lines
    assert "AdamW8bit" not in (room.folder / "run" / "config.toml").read_text()


def test_a_ladder_without_a_fitting_rung_ends_in_the_last_error(room: Room) -> None:
    """When nothing is cheap enough, it is still out of memory."""
    room.machine(memory=0)
    with pytest.raises(OutOfMemory):
        room.train(room.settings(on_oom="retry"))
