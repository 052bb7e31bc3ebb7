"""LoRA files as kohya's sd-scripts writes them: module names, tensors, hashes.

For each adapted module a file holds `<name>.lora_down.weight`, `<name>.lora_up.weight` and `<name>.alpha`;
the module's output gains `up(down(x)) * alpha / rank`.
"""

from __future__ import annotations

import hashlib
import re
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from orchestrator import files, safetensors_file
from orchestrator.errors import LoraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import torch

    from orchestrator.embedded.checkpoint import Family

content_hash = safetensors_file.content_hash

_SGM_RESNET = {
    "conv1": "in_layers_2",
    "time_emb_proj": "emb_layers_1",
    "conv2": "out_layers_3",
    "conv_shortcut": "skip_connection",
}
_BLOCK = re.compile(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)")
_MIDDLE = re.compile(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)")


def unet_name(module: str, family: Family, layers_per_block: int = 2) -> str:
    """Return a U-Net module's name in a file.

    Args:
        module: its dotted name in diffusers, such as `down_blocks.0.attentions.0.proj_in`.
        family: SD 1.x files use diffusers' names, SDXL files those of Stability's own code.
        layers_per_block: of the U-Net's configuration.
    """
    name = module if family == "sd1" else _sgm_name(module, layers_per_block)
    return f"lora_unet_{name.replace('.', '_')}"


def text_encoder_name(module: str, family: Family, encoder: int) -> str:
    """Return a text encoder module's name in a file.

    Args:
        module: its dotted name in transformers, such as `text_model.encoder.layers.0.mlp.fc1`; the first
            part, which newer releases left out, is put back.
        family: SDXL files number the encoders.
        encoder: which of the encoders, from 0.
    """
    prefix = "lora_te" if family == "sd1" else f"lora_te{encoder + 1}"
    return f"{prefix}_text_model_{module.removeprefix('text_model.').replace('.', '_')}"


def _sgm_name(module: str, layers: int) -> str:
    """Translate to `input_blocks`, `middle_block` and `output_blocks`.

    Each diffusers block holds `layers` (going up: one more) pairs of resnet and attention; Stability's code
    counts those pairs in one row, going down with a block for the first convolution before and one for each
    downsampling after them, going up with the upsampling inside the last pair.
    """
    if middle := _MIDDLE.fullmatch(module):
        kind, index, rest = middle.groups()
        place = 1 if kind == "attentions" else int(index) * 2
        return f"middle_block.{place}.{_SGM_RESNET.get(rest, rest)}"
    found = _BLOCK.fullmatch(module)
    if found is None:
        return module
    way, block, kind, index, rest = found.groups()
    rest = _SGM_RESNET.get(rest, rest)
    pair = int(block) * (layers + 1) + int(index)
    if kind == "downsamplers":
        return f"input_blocks.{pair + layers + 1}.0.op"
    if kind == "upsamplers":
        return f"output_blocks.{pair + layers}.2.conv"
    part = 0 if kind == "resnets" else 1
    return (
        f"input_blocks.{pair + 1}.{part}.{rest}" if way == "down" else f"output_blocks.{pair}.{part}.{rest}"
    )


def save(path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> str:
    """Write a LoRA file, whole or not at all, and return its `sshs_model_hash`.

    The two `sshs_*` hashes are added to `metadata`. As in sd-scripts the legacy hash is that of the file
    with the `ss_*` entries alone, because it covers bytes whose place depends on the header's length.

    Raises:
        NotWritable, DiskFull: as `files.replacing`.
    """
    from safetensors.torch import save as to_bytes

    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    training = {key: value for key, value in metadata.items() if key.startswith("ss_")}
    bare = to_bytes(contiguous, training)
    model_hash = hashlib.sha256(memoryview(bare)[8 + int.from_bytes(bare[:8], "little") :]).hexdigest()
    legacy_hash = hashlib.sha256(memoryview(bare)[0x100000:0x110000]).hexdigest()[:8]
    hashes = {"sshs_model_hash": model_hash, "sshs_legacy_hash": legacy_hash}
    with _cleaning_up_when_stopped():
        files.write_bytes(path, to_bytes(contiguous, {**metadata, **hashes}))
    return model_hash


def load(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a LoRA file.

    Raises:
        ModelFileError: it is missing or no safetensors file.
        LoraError: it holds something else than kohya's LoRA tensors.
    """
    from safetensors.torch import load_file

    names = safetensors_file.header(path).tensors
    foreign = [
        name
        for name in names
        if not re.fullmatch(r"lora_(unet|te\d?)_.+\.(alpha|lora_(down|up)\.weight)", name)
    ]
    if foreign or not names:
        raise LoraError(
            f"this is no LoRA in kohya's format: {foreign[0] if foreign else 'it holds nothing'}",
            where=str(path),
        )
    try:
        tensors: dict[str, Any] = load_file(path)
    except SafetensorError as error:
        raise LoraError(f"its tensors cannot be read: {error}", where=str(path)) from error
    return tensors


@contextmanager
def _cleaning_up_when_stopped() -> Iterator[None]:
    """Let SIGTERM and SIGINT unwind, so that a half-written file is removed, and not just end the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, _unwind) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unwind(number: int, frame: object) -> None:
    del frame
    raise SystemExit(128 + number)
