"""The programs that train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestrator.training.trainers import embedded

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.process import Program
    from orchestrator.training.settings import TrainerName, TrainingSettings


class Trainer(Protocol):
    """A program that reads sd-scripts' two TOML files and leaves `<output_dir>/<output_name>.safetensors`.

    It prints progress in the forms of `orchestrator.training.progress_lines`. Its exit code 0 alone means
    little: it also ends with 0 when it found no picture.
    """

    def program(self, settings: TrainingSettings, *, config: Path, dataset_config: Path) -> Program:
        """Return what to run.

        Args:
            settings: how this trainer was set up.
            config: the TOML of its arguments.
            dataset_config: the TOML of its training set, with absolute paths.
        """


TRAINERS: dict[TrainerName, Trainer] = {"embedded": embedded.Embedded()}
