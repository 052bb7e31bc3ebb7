"""How much a training writes: LoRAs and whole states, as far as base model and arguments tell beforehand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orchestrator import safetensors_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.safetensors_file import Tensor

_NOT_TRAINED = ("first_stage_model.", "vae.")
_TEXT_ENCODERS = ("cond_stage_model.", "conditioner.", "text_encoders.")
_STATE_BYTES = 12  # a value and two moments of it, 4 bytes each
_SAVED_BYTES = {"fp16": 2, "bf16": 2}
_SAVES, _STATES = 10, 4  # states: those that are kept, the last one, and one that is being written
_MATRIX, _KERNEL = 2, 4  # dimensions of a linear layer's weight, and of a convolution's


def needed(checkpoint: Path, arguments: Mapping[str, Any]) -> int:
    """Return about how many bytes a training writes, at most.

    A pair of rank r for a module with i inputs and o outputs has r (i + o) values; every linear layer and 1x1
    convolution of the base model is counted, which is about a fifth more than sd-scripts trains.

    Raises:
        ModelFileError: the checkpoint cannot be read.
    """
    left_out = _NOT_TRAINED + (_TEXT_ENCODERS if arguments.get("network_train_unet_only") else ())
    sides = sum(
        _sides(tensor)
        for name, tensor in safetensors_file.header(checkpoint).tensors.items()
        if not name.startswith(left_out) and "embedding" not in name
    )
    values = sides * int(arguments.get("network_dim", 4))
    lora = values * _SAVED_BYTES.get(arguments.get("save_precision", ""), 4)
    return saves(arguments) * lora + _STATES * values * _STATE_BYTES


def saves(arguments: Mapping[str, Any]) -> int:
    """Return how many LoRAs are saved, the last one included, or a usual number where no argument tells."""
    for every, whole in (
        ("save_every_n_steps", "max_train_steps"),
        ("save_every_n_epochs", "max_train_epochs"),
    ):
        if arguments.get(every) and arguments.get(whole):
            return max(1, math.ceil(int(arguments[whole]) / int(arguments[every])))
    return _SAVES


def _sides(tensor: Tensor) -> int:
    shape = tensor.shape
    is_matrix = len(shape) == _MATRIX or (len(shape) == _KERNEL and shape[2:] == (1, 1))
    return shape[0] + shape[1] if is_matrix else 0
