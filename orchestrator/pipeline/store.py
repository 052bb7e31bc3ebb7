"""Where artifacts lie: one folder a stage and key, finished when its record is there."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator import files
from orchestrator.errors import DamagedArtifact

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.pipeline.stage import Stage

WORK = ".orchestrate"  # in the project's folder: what is neither input nor result

_RECORD = "stage.json"
_KEY_DIGITS = 16


@dataclass(frozen=True)
class Record:
    """What is kept of a finished stage.

    Attributes:
        name: the stage's name.
        version: its version.
        settings: its settings.
        inputs: the key of each input, by its stage's name.
        finished: when, in seconds since 1970.
    """

    name: str
    version: int
    settings: dict[str, Any]
    inputs: dict[str, str]
    finished: float


class Store:
    """The finished and half-made work of a project folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._stages = root / "stages"

    def folder(self, stage: Stage[Any]) -> Path:
        """Return the folder that belongs to a stage with just these settings and inputs."""
        return self._stages / f"{stage.name}-{stage.key[:_KEY_DIGITS]}"

    def finished(self, stage: Stage[Any]) -> bool:
        """Tell whether a stage's artifact is whole."""
        return (self.folder(stage) / _RECORD).is_file()

    def begun(self, stage: Stage[Any]) -> bool:
        """Tell whether a stage was left half-made."""
        return self.folder(stage).is_dir() and not self.finished(stage)

    def open(self, stage: Stage[Any]) -> Path:
        """Return a stage's folder, ready to be built in."""
        folder = self.folder(stage)
        with files.storage_errors(folder):
            if not stage.resumes:
                shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def commit(self, stage: Stage[Any]) -> None:
        """Declare a stage finished: the last write of all, and atomic."""
        record = {
            "name": stage.name,
            "version": stage.version,
            "key": stage.key,
            "settings": dict(stage.settings),
            "inputs": {each.name: each.key for each in stage.inputs},
            "finished": time.time(),
        }
        files.write_json(self.folder(stage) / _RECORD, record)

    def latest(self, name: str) -> Record | None:
        """Return the record of the last finished stage of a name, whatever its key, or None."""
        found = map(_read, self._stages.glob(f"{name}-*/{_RECORD}"))
        records = [record for record in found if record.name == name]  # `train-*` is also another's start
        return max(records, key=lambda record: record.finished, default=None)


def _read(path: Path) -> Record:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Record(raw["name"], raw["version"], raw["settings"], raw["inputs"], raw["finished"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedArtifact(
            "the record of a finished stage cannot be read",
            where=str(path),
            remedy=f"Delete the folder {path.parent}; the next run makes it anew.",
        ) from error
