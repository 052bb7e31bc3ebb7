"""Everything that a training needs, in one folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

from orchestrator.artifacts import Dataset, LoraWeights
from orchestrator.dataset import kohya
from orchestrator.progress import Silent
from orchestrator.training.settings import TrainingSettings
from orchestrator.training.train import train

UNET = "model.diffusion_model.input_blocks.0.0.weight"


class Told(Silent):
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.steps: list[tuple[int, int | None]] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    @contextmanager
    def task(self, *_: object, **__: object) -> Iterator[Told]:
        yield self

    def reach(self, done: int, *, total: int | None = None, note: str = "") -> None:
        del note
        self.steps.append((done, total))


@dataclass(frozen=True)
class Room:
    """A folder with a checkout that stands in for sd-scripts.

    Attributes:
        folder: the folder.
        checkout: the stand-in's.
    """

    folder: Path
    checkout: Path

    def machine(self, **faults: Any) -> None:
        """Say what will happen to the next training."""
        (self.checkout / "machine.json").write_text(json.dumps(faults))

    def model(self, *names: str) -> Path:
        """Write a base model with tensors of these names."""
        file = self.folder / "model.safetensors"
        save_file({name: np.zeros(1, np.float16) for name in (*names, UNET)}, file)
        return file

    def pictures(self, count: int, *, size: int = 64) -> Dataset:
        """Write a training set as the pipeline does."""
        target = self.folder / "set"
        for number in range(count):
            file = target / "2_word" / f"{number:04d}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (size, size), (number * 9, 0, 0)).save(file)
            file.with_suffix(".txt").write_text("word style\n")
        config = kohya.write_config(target, concept="word", repeats=2, size=(size, size))
        return Dataset(target, config, count, "word")

    def settings(self, launcher: str = "python", on_oom: str = "stop", **overrides: Any) -> TrainingSettings:
        """Return settings for a training of 12 steps, 6 an epoch; `None` takes an override away."""
        steps = {"max_train_steps": 12, "train_batch_size": 2, "mixed_precision": "no", **overrides}
        return TrainingSettings.model_validate(
            {
                "trainer": "sd-scripts",
                "preset": "sd15-style",
                "base_model": str(self.folder / "model.safetensors"),
                "sd_scripts": {"path": self.checkout, "python": sys.executable, "launcher": launcher},
                "on_oom": on_oom,
                "overrides": {name: value for name, value in steps.items() if value is not None},
            }
        )

    @property
    def dataset(self) -> Dataset:
        """The training set that was written last."""
        target = self.folder / "set"
        return Dataset(target, target / kohya.CONFIG, 6, "word")

    def train(self, settings: TrainingSettings, told: Told | None = None) -> LoraWeights:
        """Train in the folder `run`."""
        (self.folder / "run").mkdir(exist_ok=True)
        return train(settings, self.dataset, self.folder / "run", told or Told())

    def learning_rates(self) -> list[float]:
        """Return the learning rate of each step that was really trained, over all starts."""
        return [float(line) for line in (self.checkout / "steps.log").read_text().split()]
