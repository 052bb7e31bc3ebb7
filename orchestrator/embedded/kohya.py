"""LoRA files as kohya's sd-scripts writes them: tensors and hashes.

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

content_hash = safetensors_file.content_hash


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
