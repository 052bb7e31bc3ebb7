"""A LoRA that is there already."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from orchestrator import files, safetensors_file
from orchestrator.artifacts import LoraWeights
from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.progress import Progress

_FILE = "lora.safetensors"


def ready(lora: Path, content: str, *, name: str) -> Stage[LoraWeights]:
    """Return the stage whose artifact is a copy of a LoRA, which stays as it is whatever becomes of the file.

    Args:
        lora: the safetensors file.
        content: its digest.
        name: of the stage.
    """

    def build(folder: Path, made: Made, progress: Progress) -> None:
        del made, progress
        with files.replacing(folder / _FILE) as partial:
            shutil.copyfile(lora, partial)

    return Stage(name, 1, {"lora": content}, (), build, load)


def load(folder: Path) -> LoraWeights:
    """Read the LoRA back. Raises ModelFileError: it is none."""
    file = folder / _FILE
    return LoraWeights(file, safetensors_file.content_hash(file))
