"""Whether what a trainer left is a usable LoRA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator import safetensors_file
from orchestrator.artifacts import LoraWeights
from orchestrator.errors import LoraError, ModelFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PREFIXES = ("lora_unet_", "lora_te_", "lora_te1_", "lora_te2_")
DOWN, UP, ALPHA = ".lora_down.weight", ".lora_up.weight", ".alpha"
PARTS = frozenset({DOWN, UP, ALPHA})


def verify(file: Path) -> LoraWeights:
    """Return a LoRA file as an artifact, once it is known to be whole and to have learnt something.

    Raises:
        LoraError: it is no safetensors file, no LoRA in kohya's format, has modules with parts missing,
            holds NaN or infinity, is as untrained as it began, or is not what its trainer wrote: the
            `sshs_*` hashes in it are those of other tensors.
    """
    try:
        header = safetensors_file.header(file)
        _check_names(header.tensors, file)
        _check_values(file)
        _check_hashes(header.metadata, file)
        return LoraWeights(file=file, content_hash=safetensors_file.content_hash(file))
    except ModelFileError as error:
        raise LoraError(error.what, where=error.where, remedy="Run the training again.") from error


def _check_names(names: Iterable[str], file: Path) -> None:
    modules: dict[str, set[str]] = {}
    for name in names:
        module, dot, part = name.partition(".")
        if name.startswith(PREFIXES):
            modules.setdefault(module, set()).add(dot + part)
    if not modules:
        raise LoraError(
            f"it holds no LoRA: no name in it starts with {' or '.join(PREFIXES[:2])}",
            where=str(file),
            remedy="Set `network_module` to 'networks.lora' in the training preset.",
        )
    for module, parts in modules.items():
        if missing := PARTS - parts:
            raise LoraError(
                f"the module {module} lacks {min(missing)}",
                where=str(file),
                remedy="The file was cut short or written by another kind of trainer; train again.",
            )


def _check_hashes(metadata: Mapping[str, str], file: Path) -> None:
    for name, real in safetensors_file.lora_hashes(file).items():
        if metadata.get(name, real) != real:
            raise LoraError(
                f"its trainer wrote {name} {metadata[name][:12]} into it, and its tensors have {real[:12]}",
                where=str(file),
                remedy="The file was damaged or changed after it was written; train again.",
            )


def _check_values(file: Path) -> None:
    trained = False
    for name, tensor in safetensors_file.tensors(file):
        if not bool(tensor.isfinite().all()):
            raise LoraError(
                f"it holds NaN or infinity, first in {name}: the training diverged",
                where=str(file),
                remedy="Lower `learning_rate`, or train with `mixed_precision` 'bf16' or 'no'.",
            )
        trained = trained or (name.endswith(UP) and bool(tensor.any()))
    if not trained:
        raise LoraError(
            "all its up weights are zero, so that it changes nothing: nothing was learnt",
            where=str(file),
            remedy="Train more steps, or raise `learning_rate`.",
        )
