"""The model that a LoRA is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator import safetensors_file
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from pathlib import Path


def argument(model: str | Path) -> str:
    """Return what names the base model to a trainer: `pocket`, or an absolute path.

    Raises:
        ModelFileError: it is missing, a pickle, or not a whole safetensors file.
    """
    if isinstance(model, str):
        return model
    if not model.exists():
        raise ModelFileError(
            "there is no such base model",
            where=str(model),
            remedy="Give the path of a .safetensors checkpoint or of a diffusers folder, or `pocket`.",
        )
    if model.is_file():
        safetensors_file.refuse_pickle(model)
        safetensors_file.header(model)
    elif not (model / "model_index.json").is_file():
        raise ModelFileError(
            "this folder holds no diffusers model (no model_index.json)",
            where=str(model),
            remedy="Name the folder that holds it, or a .safetensors file.",
        )
    return model.resolve().as_posix()
