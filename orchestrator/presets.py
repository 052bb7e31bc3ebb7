"""The only module that knows where the presets lie."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Literal

from orchestrator.errors import PresetError

Kind = Literal["kohya_configs", "kohya_configs/vram", "webui_payloads"]

_SUFFIX: dict[Kind, str] = {
    "kohya_configs": ".toml",
    "kohya_configs/vram": ".toml",
    "webui_payloads": ".yaml",
}


def folder(kind: Kind) -> Path:
    """Return where presets of a kind lie: inside an installed package, else at the repository's top."""
    package = Path(__file__).parent
    inside = package / kind
    return inside if inside.is_dir() else package.parent / kind


def names(kind: Kind) -> list[str]:
    """Return the names of all presets of a kind, sorted."""
    return sorted(path.stem for path in folder(kind).glob(f"*{_SUFFIX[kind]}"))


def read(kind: Kind, name: str) -> str:
    """Return a preset's text.

    Raises:
        PresetError: no preset of that name; the nearest name is suggested.
    """
    known = names(kind)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise PresetError(
            f"there is no preset '{name}' in {kind}",
            remedy=f"{hint}Known: {', '.join(known) or 'none'}.",
        )
    return (folder(kind) / f"{name}{_SUFFIX[kind]}").read_text(encoding="utf-8")
