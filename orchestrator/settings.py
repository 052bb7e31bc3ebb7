"""The base of everything that a user can set: frozen, and strict about names and paths."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    SerializationInfo,
    ValidationInfo,
)

FOLDER = "folder"  # the key of the context that holds the settings file's folder


class Settings(BaseModel):
    """A part of project.yaml: immutable, and an unknown key is a mistake, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    folder = _folder(info)
    return (folder / path.expanduser()) if folder else path


def _inside_the_folder(path: Path, info: ValidationInfo) -> Path:
    folder = _folder(info)
    if folder is None:
        return path
    target = (folder / path.expanduser()).resolve()
    if target == folder.resolve() or not target.is_relative_to(folder.resolve()):
        inside = Path("out") / (path.name or "video.mp4")
        message = f"'{path}' leaves the project folder, where all outputs stay; write for instance '{inside}'"
        raise ValueError(message)
    return target


def _as_written(path: Path, info: SerializationInfo) -> str:
    """Return a path as the settings file may have it: from its folder, where it lies inside."""
    folder = _folder(info)
    return (path.relative_to(folder) if folder and path.is_relative_to(folder) else path).as_posix()


def _folder(info: ValidationInfo | SerializationInfo) -> Path | None:
    return Path(info.context[FOLDER]) if info.context and FOLDER in info.context else None


InputPath = Annotated[
    Path, AfterValidator(_beside_the_file), PlainSerializer(_as_written, str, when_used="json")
]
"""A path that is read: relative to the settings file's folder, or absolute."""

OutputPath = Annotated[Path, AfterValidator(_inside_the_folder)]
"""A path that is written: inside the settings file's folder, whatever links or dots it contains."""
