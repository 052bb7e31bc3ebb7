"""Settings files of Deforum (`*_settings.txt`, JSON), read as our `stylize`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.errors import PresetError
from orchestrator.stylization.schedule import deforum_text, expression
from orchestrator.stylization.schedule.deforum_left_out import without_a_place
from orchestrator.stylization.schedule.keys import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Settings = dict[str, Any]

_MULTIPLE = 8  # pixels: sides to paint at are multiples of it


@dataclass(frozen=True)
class Imported:
    """Foreign settings as ours.

    Attributes:
        stylize: keys of `stylize`, as project.yaml has them.
        left_out: what was not taken over, each with the reason.
    """

    stylize: Settings
    left_out: dict[str, str] = field(default_factory=dict)


def read(file: Path) -> Imported:
    """Return the settings of a file.

    Raises:
        PresetError: it cannot be read, is no settings file, or a schedule in it is wrong.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise PresetError(f"this file cannot be read as JSON: {error}", where=str(file)) from error
    if not isinstance(found, dict) or "prompts" not in found:
        raise PresetError("Deforum's settings are a JSON object with the key 'prompts'", where=str(file))
    try:
        return of_settings(found)
    except (ValueError, TypeError, AttributeError) as error:
        raise PresetError(str(error), where=str(file), remedy="Correct it there, or take it out.") from error


def of_settings(settings: Mapping[str, Any]) -> Imported:
    """Return settings as ours. Raises ValueError: a schedule is wrong, with its name."""
    left_out: dict[str, str] = {}
    stylize = _looks(settings, left_out) | _numbers(settings) | _seed(settings, left_out)
    stylize |= _size(settings, left_out)
    return Imported(stylize, left_out | without_a_place(settings))


def _looks(settings: Mapping[str, Any], left_out: dict[str, str]) -> Settings:
    """Return one prompt, or segments: Deforum changes from one prompt to the next without a fade."""
    last = int(settings.get("max_frames") or 1) - 1
    frames = sorted((_frame(key, last), str(text)) for key, text in dict(settings["prompts"]).items())
    if any("`" in text for _, text in frames):
        left_out["prompts"] = "formulas in backticks stay as they stand; give LoRA weights by `lora_weight`"
    looks = [{"from": frame, **_prompts(text, settings)} for frame, text in frames]
    if len(looks) > 1:
        return {"segments": looks}
    return {key: text for look in looks for key, text in look.items() if key != "from"}


def _frame(key: str, last: int) -> int:
    bare = key.strip()
    return int(bare) if bare.isdecimal() else int(expression.parsed(bare).at(0, last=last, seed=0))


def _prompts(text: str, settings: Mapping[str, Any]) -> dict[str, str]:
    wanted, _, unwanted = text.partition("--neg")
    halves = {
        "prompt": (settings.get("positive_prompts"), wanted),
        "negative_prompt": (settings.get("negative_prompts"), unwanted),
    }
    joined = {key: ", ".join(_tidy(part) for part in parts if _tidy(part)) for key, parts in halves.items()}
    return {key: value for key, value in joined.items() if value}


def _tidy(text: Any) -> str:
    return re.sub(r"\s+", " ", str(text or "")).strip(" ,")


def _numbers(settings: Mapping[str, Any]) -> Settings:
    steps = "steps_schedule" if settings.get("enable_steps_scheduling") else "steps"
    wanted: list[tuple[str, str, Callable[[str], str]]] = [
        # Deforum's strength is how much is kept
        ("strength", "strength_schedule", _kept_to_painted),
        ("cfg_scale", "cfg_scale_schedule", str.strip),
        ("steps", steps, str.strip),
    ]
    return {
        ours: _schedule(theirs, settings[theirs], each) for ours, theirs, each in wanted if theirs in settings
    }


def _kept_to_painted(value: str) -> str:
    bare = value.strip()
    return f"{round(1 - float(bare), 6):g}" if NUMBER.fullmatch(bare) else f"1 - ({bare})"


def _schedule(name: str, text: Any, each: Callable[[str], str]) -> Any:
    """Return a schedule with each value changed; a single number becomes a plain one."""
    if isinstance(text, (int, float)):
        return text
    try:
        deforum_text.keys(text)
        parts = [(part.at.strip(), each(part.value)) for part in deforum_text.parts(text)]
    except ValueError as error:
        message = f"{name}: {error}"
        raise ValueError(message) from None
    if len(parts) == 1 and NUMBER.fullmatch(parts[0][1]):
        number = float(parts[0][1])
        return int(number) if number.is_integer() else number
    return ", ".join(f"{at}: ({value})" for at, value in parts)


def _seed(settings: Mapping[str, Any], left_out: dict[str, str]) -> Settings:
    seed, behaviour = settings.get("seed", -1), settings.get("seed_behavior", "fixed")
    if behaviour == "schedule" and "seed_schedule" in settings:
        return {"seed": _schedule("seed_schedule", settings["seed_schedule"], str.strip)}
    if behaviour != "fixed":
        reason = "a new seed for each frame flickers where no frame is painted over the one before"
        left_out["seed_behavior"] = (
            f'{reason}; to have it all the same, write `seed: "{max(int(seed), 0)} + t"`'
        )
    if int(seed) < 0:
        left_out["seed"] = "-1 draws one by chance; here the same settings give the same video"
        return {}
    return {"seed": int(seed)}


def _size(settings: Mapping[str, Any], left_out: dict[str, str]) -> Settings:
    sides = [settings.get("W"), settings.get("H")]
    if not all(isinstance(side, int) for side in sides):
        return {}
    if any(side % _MULTIPLE for side in sides if side):
        left_out["W, H"] = f"{sides[0]}x{sides[1]} are no multiples of {_MULTIPLE}"
        return {}
    return {"size": sides}
