from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from orchestrator.process import Program
from orchestrator.training import base_model, configs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from orchestrator.training.settings import TrainingSettings


class Embedded:
    """`orchestrator.embedded.trainer`, in this Python."""

    resumes = False

    def arguments(self, settings: TrainingSettings) -> configs.Config:
        """Return what it is told of the training; see `Trainer.arguments`."""
        base_model.argument(settings.base_model)
        return configs.arguments(settings)

    def check_datasets(
        self, settings: TrainingSettings, datasets: Sequence[Sequence[Mapping[str, Any]]]
    ) -> None:
        """Leave it to the program, which refuses such things in its first second; see `Trainer`."""

    def program(
        self, settings: TrainingSettings, arguments: configs.Config, *, config: Path, dataset_config: Path
    ) -> Program:
        """Return what to run; see `Trainer.program`."""
        del settings, arguments
        argv = (sys.executable, "-m", "orchestrator.embedded.trainer")
        files = ("--config_file", str(config), "--dataset_config", str(dataset_config))
        return Program(argv + files, cwd=config.parent)
