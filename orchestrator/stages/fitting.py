"""Whether a LoRA fits the checkpoint that a WebUI paints with: one of another family ruins every picture.

Only what is certain is refused. A WebUI tells of its checkpoint a hash, which is that of the LoRA's own base
model or says nothing, and a file, whose tensors tell its family where it can be read from here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import ModelFileError, WebUIError

if TYPE_CHECKING:
    from orchestrator.artifacts import LoraWeights
    from orchestrator.training.family import Family
    from orchestrator.training.settings import TrainingSettings
    from orchestrator.webui.client import Client
    from orchestrator.webui.wire import Checkpoint

POCKET = "pocket"
_HASH_BEHIND = re.compile(r" \[[0-9a-f]+\]$")  # a title gains one once the checkpoint has been used


def check_fits(
    training: TrainingSettings, client: Client, wanted: str | None, lora: LoraWeights | None = None
) -> None:
    """Make sure that a WebUI's checkpoint is not of another family than the LoRA.

    Args:
        training: what the LoRA is trained on.
        client: the WebUI.
        wanted: the checkpoint to paint with; the WebUI's current one when None.
        lora: the LoRA, once there is one.

    Raises:
        ModelFileError: it certainly is.
    """
    _check(_family_of(training, lora), lora, client, wanted)


def check_lora_fits(lora: LoraWeights, client: Client, wanted: str | None) -> None:
    """Make sure of the same for a LoRA of which nothing is known but its file. Raises as `check_fits`."""
    from orchestrator.training import lora_file

    _check(lora_file.read(lora.file).family, lora, client, wanted)


def _check(family: str | None, lora: LoraWeights | None, client: Client, wanted: str | None) -> None:
    from orchestrator.safetensors_file import header

    checkpoint = _checkpoint(client, wanted)
    if checkpoint is None:
        return
    base_hash = header(lora.file).metadata.get("ss_new_sd_model_hash") if lora else None
    if sentence := misfit(family, base_hash, checkpoint):
        raise ModelFileError(
            sentence,
            where=client.url,
            remedy="Set `webui.checkpoint` to one of the LoRA's family, or train on one of this family.",
        )


def native_side(training: TrainingSettings) -> int | None:
    """Return the side of the square that the base model paints best, pixels; None where any size will do.

    The model that ships has no size of its own, and of a folder's nothing is known.
    """
    family = None if isinstance(training.base_model, str) else _family(training.base_model)
    return family.side if family else None


def misfit(family: str | None, base_hash: str | None, checkpoint: Checkpoint) -> str | None:
    """Return what does not fit, or None where it fits or nobody can know.

    Args:
        family: of the LoRA; `pocket` fits itself alone.
        base_hash: SHA-256 of the model that it was trained on, 64 hex digits.
        checkpoint: what the WebUI paints with.
    """
    same = base_hash is not None and (checkpoint.sha256 or "").lower() == base_hash.lower()
    other = None if same or family is None else _read(Path(checkpoint.filename or ""))
    if other is None or other == family:
        return None
    return f"the LoRA is for {family}, and the WebUI paints with {checkpoint.model_name}, which is {other}"


def _family_of(training: TrainingSettings, lora: LoraWeights | None) -> str | None:
    from orchestrator.training import lora_file

    if isinstance(training.base_model, str):
        return POCKET
    return lora_file.read(lora.file).family if lora else _read(training.base_model)


def _read(file: Path) -> str | None:
    family = _family(file)
    return family.name if family else None


def _family(file: Path) -> Family | None:
    from orchestrator.training.family import read_family

    try:
        return read_family(file) if file.suffix == ".safetensors" and file.is_file() else None
    except ModelFileError:
        return None


def _checkpoint(client: Client, wanted: str | None) -> Checkpoint | None:
    """Return what a WebUI will paint with, or None where it does not say, as some of its kin do not."""
    try:
        title = _bare(wanted or str(client.options().get("sd_model_checkpoint")))
        return next((each for each in client.models() if title in {_bare(each.title), each.model_name}), None)
    except WebUIError:
        return None


def _bare(title: str) -> str:
    return _HASH_BEHIND.sub("", title)
