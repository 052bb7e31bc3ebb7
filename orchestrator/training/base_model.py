"""The model that a LoRA is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator import safetensors_file
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from pathlib import Path

_PICKLES = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl"})


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
        _check_file(model)
    elif not (model / "model_index.json").is_file():
        raise ModelFileError(
            "this folder holds no diffusers model (no model_index.json)",
            where=str(model),
            remedy="Name the folder that holds it, or a .safetensors file.",
        )
    return str(model.resolve())


def _check_file(model: Path) -> None:
    if model.suffix.lower() in _PICKLES:
        raise ModelFileError(
            f"a pickle ({model.suffix}) can run any program when it is opened, and is never opened here",
            where=str(model),
            remedy="Convert it to safetensors, or take the .safetensors file that most models also come as.",
        )
    safetensors_file.header(model)
