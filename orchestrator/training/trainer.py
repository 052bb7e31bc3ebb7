"""The programs that train."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from orchestrator.training import dataset_check
from orchestrator.training.trainers import embedded, sd_scripts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from orchestrator.process import Program
    from orchestrator.training.configs import Config
    from orchestrator.training.settings import TrainerName, TrainingSettings


class Trainer(Protocol):
    """A program that reads sd-scripts' two TOML files and leaves `<output_dir>/<output_name>.safetensors`.

    It prints progress in the forms of `orchestrator.training.progress_lines`. Its exit code 0 alone means
    little: it also ends with 0 when it found no picture.

    Attributes:
        resumes: whether it keeps states, and goes on from one when it is told `resume`.
    """

    resumes: bool

    def arguments(self, settings: TrainingSettings) -> Config:
        """Return what this trainer is told of preset and overrides, once none of it can go wrong silently.

        Raises:
            PresetError: an argument is unknown, of a wrong type, or contradicts another.
            ModelFileError: a model is missing or of a kind that it cannot train.
            ProjectError, TrainerError: the trainer itself is not there or cannot be asked.
        """

    def check_datasets(
        self, settings: TrainingSettings, datasets: Sequence[Sequence[Mapping[str, Any]]]
    ) -> None:
        """Make sure that nothing in a dataset TOML contradicts the arguments.

        Args:
            settings: how the LoRA is trained.
            datasets: for each dataset the look-up of each of its subsets, which ends in the arguments.

        Raises:
            PresetError: it does, and would be ignored, or stop the trainer after its model has been loaded.
        """

    def program(
        self, settings: TrainingSettings, arguments: Config, *, config: Path, dataset_config: Path
    ) -> Program:
        """Return what to run.

        Args:
            settings: how this trainer was set up.
            arguments: what stands in `config`.
            config: the TOML of its arguments.
            dataset_config: the TOML of its training set, with absolute paths.
        """


TRAINERS: dict[TrainerName, Trainer] = {
    "embedded": embedded.Embedded(),
    "sd-scripts": sd_scripts.SdScripts(),
}


def check(settings: TrainingSettings) -> None:
    """Look at everything that settings name, training nothing.

    Raises:
        DatasetError: there are no class images where they should be.
        OrchestrateError: as `Trainer.arguments`.
    """
    TRAINERS[settings.trainer].arguments(settings)
    if settings.class_images is not None:
        dataset_check.find(settings.class_images.folder)
