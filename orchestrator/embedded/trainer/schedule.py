"""How long a training takes, and when it saves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.embedded.trainer.config import TrainingConfig


@dataclass(frozen=True)
class Length:
    """The extent of a training.

    Attributes:
        steps: optimisation steps in all.
        epochs: times that the pictures are gone through; the last may be cut short.
        batches: batches in an epoch.
    """

    steps: int
    epochs: int
    batches: int


def length(config: TrainingConfig, batches: int) -> Length:
    """Return the extent for epochs of `batches` batches; `max_train_epochs` goes before `max_train_steps`."""
    per_epoch = math.ceil(batches / config.gradient_accumulation_steps)
    steps = config.max_train_epochs * per_epoch if config.max_train_epochs else config.max_train_steps
    return Length(steps=steps, epochs=math.ceil(steps / per_epoch), batches=batches)


def step_file(config: TrainingConfig, step: int) -> str | None:
    """Return the name of the file to save after `step` steps, or None."""
    due = config.save_every_n_steps and step % config.save_every_n_steps == 0
    return f"{config.output_name}-step{step:08d}.safetensors" if due else None


def epoch_file(config: TrainingConfig, epoch: int, extent: Length) -> str | None:
    """Return the name of the file to save after `epoch` epochs, or None; the last epoch has none."""
    due = config.save_every_n_epochs and epoch % config.save_every_n_epochs == 0 and epoch < extent.epochs
    return f"{config.output_name}-{epoch:06d}.safetensors" if due else None


def final_file(config: TrainingConfig) -> str:
    """Return the name of the file that a finished training leaves."""
    return f"{config.output_name}.safetensors"
