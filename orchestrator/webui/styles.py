"""A WebUI's `styles.csv`: prompts under a name, one a line."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from orchestrator.errors import PresetError

if TYPE_CHECKING:
    from pathlib import Path

_PROMPT = "{prompt}"  # where a WebUI puts the user's own prompt; without it, before the style


def read(file: Path, *, subject: str) -> dict[str, dict[str, str]]:
    """Return the styles of a file, each as the `prompt` and `negative_prompt` of a project.

    Empty rows, headings and rows that begin with `#` are no styles, as WebUIs see them.

    Args:
        file: `name,prompt,negative_prompt` with a first row that says so, UTF-8.
        subject: what stands in for the user's own prompt.

    Raises:
        PresetError: it cannot be read, or is no such file.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
        if not {"name", "prompt"} <= set(rows.fieldnames or ()):
            raise PresetError("a styles.csv begins with `name,prompt,negative_prompt`", where=str(file))
        styles = {row["name"]: _style(row, subject) for row in rows if not _is_remark(row)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PresetError(f"this file cannot be read: {error}", where=str(file)) from error
    return {name: style for name, style in styles.items() if style}


def _is_remark(row: dict[str, str | None]) -> bool:
    return not (row["name"] or "").strip() or str(row["name"]).startswith("#")


def _style(row: dict[str, str | None], subject: str) -> dict[str, str]:
    prompt, negative = ((row.get(key) or "").strip() for key in ("prompt", "negative_prompt"))
    whole = prompt.replace(_PROMPT, subject) if _PROMPT in prompt else f"{subject}, {prompt}"
    style = {"prompt": whole if prompt else "", "negative_prompt": negative.replace(_PROMPT, "").strip(" ,")}
    return {key: value for key, value in style.items() if value}
