"""How a WebUI remembers LoRAs: by name, longer than it should, which is where old ones come from."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lying_paint import Lora, content_hash, mentions

_LOADED = 5  # LoRAs that stay in memory by name, whatever becomes of their files


@dataclass
class LoraMemory:
    """A folder of LoRAs, and what the server holds of them.

    A file works on first use, but is listed only after a refresh. What is loaded stays under its name, while
    the infotext tells the hash of the file as it is now. The last prompt's conditioning is kept, even if its
    LoRA was missing then.
    """

    folder: Path
    all_or_nothing: bool = False
    inert: bool = False
    listed: list[dict[str, Any]] = field(default_factory=list)
    _weights: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _hashes: dict[tuple[Path, int], str] = field(default_factory=dict)
    _conditioned: tuple[str, dict[str, str]] = ("", {})

    def refresh(self) -> None:
        self.listed = [
            {
                "name": file.stem,
                "alias": file.stem,
                "path": str(file),
                "metadata": {"sshs_model_hash": self._hash(file)},
            }
            for file in sorted(self.folder.rglob("*.safetensors"))
        ]

    def acting(self, prompt: str) -> Iterator[Lora]:
        """Yield the LoRAs that a prompt asks for and that are there; nobody is told of the others."""
        found = [(name, weight, self._file(name)) for name, weight in mentions(prompt)]
        if self.all_or_nothing and any(file is None for _, _, file in found):
            found = []  # one that is missing takes the others along
        loaded = {name: self._load(name, self._hash(file)) for name, _, file in found if file}
        if self._conditioned[0] != prompt:
            self._conditioned = prompt, dict(loaded)
        for name, weight, file in found:
            if file is not None:
                text_encoder = self._conditioned[1].get(name) == loaded[name]
                strength = 0.0 if self.inert else weight
                yield Lora(name, strength, self._hash(file), loaded[name], text_encoder)

    def _file(self, name: str) -> Path | None:
        return next((file for file in self.folder.rglob("*.safetensors") if file.stem == name), None)

    def _load(self, name: str, weights: str) -> str:
        self._weights.setdefault(name, weights)
        self._weights.move_to_end(name)
        while len(self._weights) > _LOADED:
            self._weights.popitem(last=False)
        return self._weights[name]

    def _hash(self, file: Path) -> str:
        key = file, file.stat().st_mtime_ns
        if key not in self._hashes:
            self._hashes[key] = content_hash(file)
        return self._hashes[key]
