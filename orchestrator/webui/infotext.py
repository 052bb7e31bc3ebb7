"""A1111's infotext: what a picture was painted with, as text.

The prompt's lines, an optional `Negative prompt:` line, and a last line of `Key: value` pairs parted by
commas; a value that holds a comma, colon or newline is written as a JSON string.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAIR = re.compile(r'\s*([\w][\w \-/]*):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_NEGATIVE = "Negative prompt:"


@dataclass(frozen=True)
class Infotext:
    """One picture's infotext, read.

    Attributes:
        prompt: what to paint, with its `<lora:…>` mentions.
        negative_prompt: what to avoid.
        fields: the last line's pairs, all values as text.
    """

    prompt: str
    negative_prompt: str
    fields: Mapping[str, str]

    @property
    def lora_hashes(self) -> dict[str, str]:
        """The LoRAs that were applied: the first digits of their content hash, by name."""
        if "LoRA networks" in self.fields:  # SD.Next's two lists
            names, hashes = (_items(self.fields.get(key, "")) for key in ("LoRA networks", "LoRA hashes"))
            return dict(zip(names, hashes, strict=False))
        told = (item.rpartition(":") for item in _items(self.fields.get("Lora hashes", "")))
        return {name.strip(): digits.strip() for name, _, digits in told}


def parse(text: str) -> Infotext:
    """Read an infotext; what does not look like pairs is taken as prompt.

    The last line counts as pairs only if it starts with `Steps:`, which all servers write first, so that a
    prompt with colons is not mistaken for it.
    """
    *lines, last = text.strip().split("\n")
    if not last.startswith("Steps:"):
        lines, last = [*lines, last], ""
    prompt, _, negative = "\n".join(lines).partition(_NEGATIVE)
    return Infotext(prompt.strip(), negative.strip(), pairs(last))


def pairs(line: str) -> dict[str, str]:
    """Return the `Key: value` pairs of a line, such as ControlNet's own within a value."""
    return {key.strip(): _plain(value.strip()) for key, value in _PAIR.findall(line)}


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _plain(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value
