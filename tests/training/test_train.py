"""Trainers here are real programs: small ones that behave as sd-scripts is known to, and the embedded one."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file

from orchestrator.errors import LoraError, TrainerError
from orchestrator.process import Program
from orchestrator.progress import Silent
from orchestrator.training.follow import Goal, follow
from orchestrator.training.verify import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

TALE = r"""
import shutil, sys
sys.stdout.reconfigure(encoding="utf-8"); sys.stderr.reconfigure(encoding="utf-8")
print("running training / 学習開始", flush=True)
print("epoch 1/1", flush=True)
for step in range(3):
    for _ in range(2):
        print(f"\rsteps:  {step}%|█  | {step + 1}/3 [00:01<00:0{2 - step}, 1.00s/it, avr_loss=0.{9 - step}]",
              end="", file=sys.stderr, flush=True)
"""


class Watched(Silent):
    """Progress that remembers."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int | None, str]] = []

    @contextmanager
    def task(self, *_: object, **__: object) -> Iterator[Watched]:
        yield self

    def reach(self, done: int, *, total: int | None = None, note: str = "") -> None:
        self.seen.append((done, total, note))


def told(tmp_path: Path, ending: str, progress: Silent | None = None):  # noqa: ANN201 - the losses
    """Follow a program that tells of three steps and then ends as `ending` says."""
    program = Program((sys.executable, "-c", TALE + ending), cwd=tmp_path)
    output = tmp_path / "out" / "word.safetensors"
    losses = follow(program, Goal(output), log=tmp_path / "trainer.log", progress=progress or Silent())
    verify(output)
    return losses


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    file = tmp_path / "made.safetensors"
    module = "lora_unet_mid_block"
    parts = {
        "alpha": torch.tensor(1.0),
        "lora_down.weight": torch.ones(1, 4),
        "lora_up.weight": torch.ones(4, 1),
    }
    save_file({f"{module}.{part}": tensor for part, tensor in parts.items()}, file)
    (tmp_path / "out").mkdir()
    return file


COPY = "shutil.copy('made.safetensors', 'out/word.safetensors')"


def test_steps_and_losses_are_followed_live(tmp_path: Path, lora: Path) -> None:
    """Each step's loss is kept once, and progress shows step, total and loss."""
    watched = Watched()
    assert told(tmp_path, COPY, watched) == {1: 0.9, 2: 0.8, 3: 0.7}
    assert watched.seen[0] == (1, 3, "loss 0.9")
    assert watched.seen[-1] == (3, 3, "loss 0.7")
    assert "学習開始" in (tmp_path / "trainer.log").read_text(encoding="utf-8")


def test_a_failure_shows_the_trainers_last_lines(tmp_path: Path, lora: Path) -> None:
    """A traceback on stderr comes with the error, which names the log."""
    with pytest.raises(TrainerError, match="exit code 1") as caught:
        told(tmp_path, "raise ValueError('no such base model')")
    assert "ValueError: no such base model" in caught.value.what
    assert caught.value.where == str(tmp_path / "trainer.log")


def test_exit_code_0_without_a_lora_is_a_failure(tmp_path: Path, lora: Path) -> None:
    """A LoRA of an earlier run does not count either."""
    (tmp_path / "out" / "word.safetensors").write_bytes(lora.read_bytes())
    with pytest.raises(TrainerError, match="left no word"):
        told(tmp_path, "")


def test_no_data_found_is_a_failure_whatever_the_exit_code(tmp_path: Path, lora: Path) -> None:
    """sd-scripts ends with 0 when it finds no pictures."""
    with pytest.raises(TrainerError, match="found no pictures"):
        told(tmp_path, "print('\\nNo data found. Please verify arguments'); sys.exit(0)")


def test_an_unusable_lora_does_not_count(tmp_path: Path, lora: Path) -> None:
    """Exit code 0 and a new file are not enough."""
    with pytest.raises(LoraError):
        told(tmp_path, "open('out/word.safetensors', 'wb').write(b'half')")


def test_a_trainer_that_cannot_be_started_is_a_failure(tmp_path: Path) -> None:
    """A program that is not there is told like one that failed."""
    with pytest.raises(TrainerError, match="exit code 127"):
        follow(
            Program(("/no/such/trainer",), cwd=tmp_path),
            Goal(tmp_path / "x.safetensors"),
            log=tmp_path / "trainer.log",
            progress=Silent(),
        )
