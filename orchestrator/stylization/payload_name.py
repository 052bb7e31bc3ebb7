"""The name of a payload in settings: a preset's, or a file's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from orchestrator.settings import FOLDER


def _beside_the_file(name: str, info: ValidationInfo) -> str:
    if not name.endswith(".yaml"):
        return name
    folder = Path(info.context[FOLDER]) if info.context and FOLDER in info.context else Path()
    return str((folder / Path(name).expanduser()).absolute())


PayloadName = Annotated[str, AfterValidator(_beside_the_file)]
