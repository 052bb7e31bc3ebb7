"""What a safetensors file says of itself, and its hashes as they are written into LoRA metadata.

Format: https://github.com/huggingface/safetensors#format (8 bytes of length, a JSON header, the tensors).
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LENGTH_BYTES = 8
_CHUNK = 1 << 20
_LEGACY_START, _LEGACY_SIZE = 0x100000, 0x10000


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
