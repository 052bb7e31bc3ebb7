"""What a safetensors file says of itself, and its hashes as they are written into LoRA metadata.

Format: https://github.com/huggingface/safetensors#format (8 bytes of length, a JSON header, the tensors).
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import torch

_LENGTH_BYTES = 8
_CHUNK = 1 << 20
_LEGACY_START, _LEGACY_SIZE = 0x100000, 0x10000
_METADATA = "__metadata__"
_TRAINING = "ss_"
_PICKLES = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl"})


@dataclass(frozen=True)
class Tensor:
    """The type and shape of one tensor.

    Attributes:
        dtype: as the format names it: F32, F16, BF16, I64, …
        shape: the size of each dimension; empty for a scalar.
    """

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Header:
    """What stands before the tensors.

    Attributes:
        tensors: type and shape by name.
        metadata: free texts, such as `ss_*` of a LoRA; empty when the file has none.
    """

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]


def header(path: Path) -> Header:
    """Return a file's header; no tensor is read, and a header may have 100 MB at most.

    Raises:
        ModelFileError: the file is missing, no safetensors file, or its header does not fit its length.
    """
    with _told_as_model_file(path), safe_open(path, framework="numpy") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        tensors = {name: Tensor(part.get_dtype(), tuple(part.get_shape())) for name, part in slices.items()}
        return Header(tensors, file.metadata() or {})


def refuse_pickle(path: Path) -> None:
    """Raise ModelFileError if a file is a pickle by its name: opening one may run any program."""
    if path.suffix.lower() in _PICKLES:
        raise ModelFileError(
            f"a pickle ({path.suffix}) can run any program when it is opened, and is never opened here",
            where=str(path),
            remedy="Convert it to safetensors, or take the .safetensors file that most models also come as.",
        )


def tensors(path: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield the tensors of a file, one in memory at a time.

    Raises:
        ModelFileError: as `header`.
    """
    with _told_as_model_file(path), safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - no mapping
            yield name, file.get_tensor(name)


def content_hash(path: Path) -> str:
    """Return the SHA-256 of all that follows the header, 64 hex digits: kohya's `sshs_model_hash`.

    It names the trained tensors: writing other metadata into the file does not change it.

    Raises:
        ModelFileError: as `header`.
    """
    header(path)
    with path.open("rb") as stream:
        stream.seek(_LENGTH_BYTES + int.from_bytes(stream.read(_LENGTH_BYTES), "little"))
        digest = hashlib.sha256()
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def legacy_hash(path: Path) -> str:
    """Return 8 hex digits over bytes 0x100000 to 0x110000: the WebUI's old model hash.

    Two files that differ elsewhere, or that end before that part, share it; it only serves tools that
    still look a file up by it.

    Raises:
        ModelFileError: the file cannot be read.
    """
    with _told_as_model_file(path), path.open("rb") as stream:
        stream.seek(_LEGACY_START)
        return hashlib.sha256(stream.read(_LEGACY_SIZE)).hexdigest()[:8]


def training_legacy_hash(path: Path) -> str | None:
    """Return the legacy hash that a trainer writes into a LoRA: kohya's `sshs_legacy_hash`.

    It is that of the file as it would be with the `ss_*` metadata alone, whose header is shorter, so that
    the hashed bytes lie elsewhere. None where they would begin within the header: metadata have no order.

    Raises:
        ModelFileError: as `header`.
    """
    header(path)
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
        bare = _bare_length(stream.read(length))
        if (skipped := _LEGACY_START - _LENGTH_BYTES - bare) < 0:
            return None
        stream.seek(skipped, 1)
        return hashlib.sha256(stream.read(_LEGACY_SIZE)).hexdigest()[:8]


def lora_hashes(path: Path) -> dict[str, str]:
    """Return both hashes of a LoRA's tensors, by the names that a trainer writes them under; computed anew.

    Raises:
        ModelFileError: as `header`.
    """
    legacy = training_legacy_hash(path)
    return {"sshs_model_hash": content_hash(path)} | ({"sshs_legacy_hash": legacy} if legacy else {})


def _bare_length(raw: bytes) -> int:
    """Return the length of a header with its `ss_*` metadata alone, padded as the format's writer does."""
    content = json.loads(raw)
    kept = {key: text for key, text in content.get(_METADATA, {}).items() if key.startswith(_TRAINING)}
    bare = json.dumps({**content, _METADATA: kept}, separators=(",", ":"), ensure_ascii=False).encode()
    return len(bare) + -len(bare) % _LENGTH_BYTES


@contextmanager
def _told_as_model_file(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ModelFileError("there is no such file", where=str(path)) from error
    except (SafetensorError, OSError) as error:
        raise ModelFileError(
            f"this is no whole safetensors file: {error}",
            where=str(path),
            remedy="Download or make it again; a pickle (.ckpt, .pt) is never opened.",
        ) from error
