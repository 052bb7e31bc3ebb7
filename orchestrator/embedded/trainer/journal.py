"""TensorBoard, where it is asked for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from orchestrator.errors import MissingPackage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.embedded.trainer.config import TrainingConfig


class Journal(Protocol):
    """Takes down figures as the training goes."""

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Take down figures by their tags."""


class Silent:
    """Takes nothing down."""

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Do nothing."""


class TensorBoard:
    """Writes event files that `tensorboard --logdir` shows."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingPackage(
                "logging_dir needs the package tensorboard",
                remedy="Install it (pip install tensorboard), or leave logging_dir away.",
            ) from error
        self._writer = SummaryWriter(str(folder))

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Write figures and flush them, so that a killed training keeps its curve."""
        for tag, value in figures.items():
            self._writer.add_scalar(tag, value, step)
        self._writer.flush()


def opened(config: TrainingConfig) -> Journal:
    """Return the journal that a configuration asks for, in sd-scripts' folder layout.

    Raises:
        MissingPackage: TensorBoard is asked for and not installed.
    """
    if config.logging_dir is None:
        return Silent()
    run = f"{config.log_prefix or ''}{time.strftime('%Y%m%d%H%M%S')}"
    return TensorBoard(Path(config.logging_dir) / run / "network_train")
