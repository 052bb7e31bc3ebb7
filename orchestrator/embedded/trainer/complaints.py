"""What is wrong with a configuration, said in one sentence a key, and all at once."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from orchestrator.errors import PresetError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        PresetError: it is missing, unreadable or no TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PresetError(f"this cannot be read as TOML: {error}", where=str(path)) from error


def unknown(key: str, known: Collection[str], *, place: str = "") -> str:
    """Say that a key is not supported, and which supported one is spelt most like it."""
    near = difflib.get_close_matches(key, sorted(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{place}{key}: the embedded trainer has no such key{hint}"


def of_model(model: type[BaseModel], values: Mapping[str, Any], *, place: str = "") -> list[str]:
    """Return what keeps `values` from being a `model`; empty when nothing does.

    Args:
        model: the expected keys and their types.
        values: what was given.
        place: put before each key, such as `datasets[0].`.
    """
    try:
        model.model_validate(values)
    except ValidationError as error:
        return [_sentence(dict(fault), model, place) for fault in error.errors()]
    return []


def _sentence(fault: dict[str, Any], model: type[BaseModel], place: str) -> str:
    key = _dotted(fault["loc"])
    if fault["type"] == "extra_forbidden":
        return unknown(key, model.model_fields, place=place)
    if fault["type"] == "missing":
        return f"{place}{key}: this key is needed"
    reason = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{place}{key} = {fault['input']!r}: {reason}"


def _dotted(location: tuple[str | int, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".")
