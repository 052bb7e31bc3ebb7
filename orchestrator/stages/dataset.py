"""The training pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator import files
from orchestrator.artifacts import Dataset
from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.dataset.settings import StyleSettings
    from orchestrator.progress import Progress

_FILE = "dataset.json"


def dataset(settings: StyleSettings, content: str, seed: int, *, name: str = "dataset") -> Stage[Dataset]:
    """Return the stage whose artifact is the training set.

    Args:
        settings: how it is made.
        content: digest of the film, or of the folder of pictures.
        seed: for the places of crops.
        name: of the stage.
    """

    def build(folder: Path, made: Made, progress: Progress) -> None:
        del made
        from orchestrator.dataset.build import build as build_dataset

        made_set = build_dataset(settings, folder, seed=seed, progress=progress)
        about = {"config": made_set.config.name, "pictures": made_set.pictures, "trigger": made_set.trigger}
        files.write_json(folder / _FILE, about)

    chosen: dict[str, Any] = settings.model_dump(mode="json", exclude={"from_"})
    return Stage(name, 1, {**chosen, "content": content, "seed": seed}, (), build, load)


def load(folder: Path) -> Dataset:
    """Read the training set back."""
    about = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return Dataset(folder, folder / about["config"], about["pictures"], about["trigger"])
