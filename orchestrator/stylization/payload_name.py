"""The name of a payload in settings: a preset's, or a file's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer, SerializationInfo, ValidationInfo

from orchestrator.settings import FOLDER


def _beside_the_file(name: str, info: ValidationInfo) -> str:
    if not name.endswith(".yaml"):
        return name
    folder = Path(info.context[FOLDER]) if info.context and FOLDER in info.context else Path()
    return str((folder / Path(name).expanduser()).absolute())


def _as_written(name: str, info: SerializationInfo) -> str:
    folder = Path(info.context[FOLDER]) if info.context and FOLDER in info.context else None
    return Path(name).relative_to(folder).as_posix() if folder and Path(name).is_relative_to(folder) else name


PayloadName = Annotated[
    str, AfterValidator(_beside_the_file), PlainSerializer(_as_written, str, when_used="json")
]
