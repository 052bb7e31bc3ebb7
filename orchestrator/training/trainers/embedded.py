from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from orchestrator.process import Program

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.training.settings import TrainingSettings


class Embedded:
    """`orchestrator.embedded.trainer`, in this Python."""

    def program(self, settings: TrainingSettings, *, config: Path, dataset_config: Path) -> Program:
        """Return what to run; see `Trainer.program`."""
        del settings
        argv = (sys.executable, "-m", "orchestrator.embedded.trainer")
        files = ("--config_file", str(config), "--dataset_config", str(dataset_config))
        return Program(argv + files, cwd=config.parent)
