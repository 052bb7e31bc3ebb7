"""The folder of LoRAs: found by file stem or by the name of their training, read again when replaced."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator import safetensors_file
from orchestrator.embedded import merge
from orchestrator.embedded.webui.refusal import Refusal
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Signature = tuple[int, int, int, int]

_KEPT = 4
_LENGTH_BYTES = 8
_SHORT_HASH = 12


@dataclass(frozen=True)
class Entry:
    """A LoRA file as it was when looked at.

    Attributes:
        path: where it lies.
        alias: `ss_output_name`, or the file's stem.
        metadata: what its header says.
    """

    path: Path
    alias: str
    metadata: Mapping[str, str]

    @property
    def name(self) -> str:
        """What a prompt calls it."""
        return self.path.stem


def short_hash(lora: merge.Lora) -> str:
    """Return the 12 digits that infotext shows: the beginning of kohya's `sshs_model_hash`."""
    return lora.content[:_SHORT_HASH]


class LoraFolder:
    """LoRAs below a folder; hidden files, which may be half written, do not count."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[Path, tuple[Signature, Entry]] = {}
        self._loaded: dict[Path, tuple[Signature, merge.Lora]] = {}
        self._listed: list[Entry] = []
        self.refresh()

    def refresh(self) -> None:
        """Bring `listed` up to date."""
        self._listed = self._scan()

    def listed(self) -> list[dict[str, Any]]:
        """Describe the LoRAs of the last refresh, as `/sdapi/v1/loras` does."""
        return [
            {
                "name": entry.name,
                "alias": entry.alias,
                "path": str(entry.path),
                "metadata": {key: _parsed(value) for key, value in entry.metadata.items()},
            }
            for entry in self._listed
        ]

    def find(self, name: str) -> Path:
        """Find the file that a prompt means, whether or not the list was refreshed.

        Raises:
            Refusal: there is none, or there are several.
        """
        entries = self._scan()
        found = [entry for entry in entries if entry.name == name]
        found = found or [entry for entry in entries if entry.alias == name]
        if not found:
            raise Refusal(
                f"LoRA not found: {name!r}. There are: {', '.join(e.name for e in entries) or 'none'}"
            )
        if len(found) > 1:
            paths = ", ".join(str(entry.path) for entry in found)
            raise Refusal(f"LoRA {name!r} may be any of several files: {paths}")
        return found[0].path

    def load(self, path: Path) -> merge.Lora:
        """Return a LoRA's factors, from memory when the file is still the same.

        Raises:
            Refusal: it cannot be read, or is no LoRA in kohya's format.
        """
        try:
            signature = _signature(path)
            kept = self._loaded.pop(path, None)
            if kept is None or kept[0] != signature:
                kept = (signature, _read(path))
        except (ModelFileError, OSError) as error:
            raise Refusal(f"LoRA {path.stem!r} cannot be used: {error}") from error
        self._loaded[path] = kept
        while len(self._loaded) > _KEPT:
            del self._loaded[next(iter(self._loaded))]
        return kept[1]

    def _scan(self) -> list[Entry]:
        files = sorted(path for path in self._folder.rglob("*.safetensors") if not path.name.startswith("."))
        return [entry for path in files if (entry := self._entry(path)) is not None]

    def _entry(self, path: Path) -> Entry | None:
        """Look at a file's header, or remember it; None when the file is damaged or gone."""
        try:
            signature = _signature(path)
            kept = self._entries.get(path)
            if kept is None or kept[0] != signature:
                metadata = safetensors_file.header(path).metadata
                kept = (signature, Entry(path, metadata.get("ss_output_name", path.stem), metadata))
        except (ModelFileError, OSError):
            return None
        self._entries[path] = kept
        return kept[1]


def _signature(path: Path) -> Signature:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _read(path: Path) -> merge.Lora:
    """Read the file once, so that its tensors and its hash are of one version."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    data = path.read_bytes()
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ModelFileError(f"this is no whole safetensors file: {error}") from error
    start = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")
    content = hashlib.sha256(memoryview(data)[start:]).hexdigest()
    return merge.read(tensors, name=path.stem, content=content)


def _parsed(value: str) -> Any:
    """Parse metadata that is a JSON object, as the WebUI does."""
    if not value.startswith("{"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
