"""The text that a WebUI writes into its pictures: prompt, negative prompt, and one line of parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def compose(prompt: str, negative: str, parameters: Mapping[str, object]) -> str:
    """Write infotext in AUTOMATIC1111's form; parameters that are None are left out."""
    line = ", ".join(f"{key}: {_quoted(value)}" for key, value in parameters.items() if value is not None)
    negative_line = f"\nNegative prompt: {negative}" if negative else ""
    return f"{prompt}{negative_line}\n{line}"


def _quoted(value: object) -> str:
    """Quote what would break the line apart."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(mark in text for mark in ',\n:"') else text
