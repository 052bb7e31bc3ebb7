"""A preset and the project's overrides become the TOML that a trainer reads with `--config_file`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from orchestrator import presets
from orchestrator.errors import ModelFileError, PresetError
from orchestrator.training import base_model
from orchestrator.training.family import read_family

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from orchestrator.training.settings import TrainingSettings, Value

Config = dict[str, Any]

OURS = {
    "pretrained_model_name_or_path": "training.base_model",
    "seed": "training.seed",
    "output_dir": None,
    "output_name": None,
    "config_file": None,
    "dataset_config": None,
    "train_data_dir": None,
    "reg_data_dir": None,
    "in_json": None,
    "resolution": "style.resolution",
    "dataset_repeats": "style.repeats",
    "save_model_as": None,
    "resume": None,
    "initial_step": None,
    "initial_epoch": None,
    "skip_until_initial_step": None,
    "ae": "training.model_files.ae",
    "clip_l": "training.model_files.clip_l",
    "clip_g": "training.model_files.clip_g",
    "t5xxl": "training.model_files.t5xxl",
}
"""Arguments that neither a preset nor overrides may set, with the key of the project that does, if any."""

# where both are given, trainers silently follow the epochs; so the one that the user names replaces the other
_RIVALS = {"max_train_steps": "max_train_epochs", "max_train_epochs": "max_train_steps"}


def config(
    arguments: Mapping[str, Any], settings: TrainingSettings, *, output_dir: Path, output_name: str
) -> Config:
    """Return everything that a trainer is told: its arguments, the base model, the seed and the places.

    Raises:
        ModelFileError: the base model cannot be used.
    """
    return {
        **arguments,
        "pretrained_model_name_or_path": base_model.argument(settings.base_model),
        "output_dir": output_dir.as_posix(),
        "output_name": output_name,
        "save_model_as": "safetensors",
        "seed": settings.seed,
    }


def arguments(settings: TrainingSettings) -> Config:
    """Return the preset's arguments, with those of the GPU's memory and then the overrides over them.

    Raises:
        PresetError: the preset is unknown or broken, or an override is not allowed or of another type.
    """
    name = preset_name(settings)
    whole = merged(preset(name) | tier(name, settings.vram), settings.overrides)
    if settings.early_stop is None:
        return whole
    whole.pop("save_every_n_epochs", None)
    return {**whole, "save_every_n_steps": settings.early_stop.every}


def tier(name: str, vram: int | None) -> Config:
    """Return what a preset's arguments become for a GPU of so many GB; none when None.

    Raises:
        PresetError: there is no such tier for the preset's kind of model.
    """
    if vram is None:
        return {}
    own = f"{name.partition('-')[0]}-{vram}"
    return flattened(parsed(presets.read("kohya_configs/vram", own), own), own)


def preset_name(settings: TrainingSettings) -> str:
    """Return the preset that is named, or else the one that fits the base model.

    Raises:
        PresetError: none is named, and there is none for such a base model.
    """
    if settings.preset:
        return settings.preset
    fitting = _fitting(settings.base_model)
    if fitting is None:
        raise PresetError(
            "no preset is made for this base model", where="training.preset", remedy="Name one to start from."
        )
    return fitting


def _fitting(model: str | Path) -> str | None:
    if model == "pocket":
        return "pocket-style"
    try:
        return read_family(Path(model)).preset
    except ModelFileError:
        return "sd15-style"  # what is wrong with the model is told where the model is looked at


def preset(name: str) -> Config:
    """Return a preset's arguments.

    Raises:
        PresetError: it is unknown, no TOML, has a key twice, or sets what a run sets.
    """
    text = _own(name) if name.endswith(".toml") else presets.read("kohya_configs", name)
    chosen = flattened(parsed(text, name), name)
    for each in chosen:
        _refuse_ours(each, name)
    return chosen


def _own(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"this preset cannot be read: {error}", where=file) from error


def parsed(text: str, name: str) -> Config:
    """Return a TOML's content. Raises PresetError: it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PresetError(f"this is no TOML: {error}", where=name, remedy="Mend that line.") from error


def flattened(sections: Mapping[str, Any], name: str) -> Config:
    """Return the arguments of all sections as one level, as trainers read them.

    Raises:
        PresetError: two sections set the same argument.
    """
    flat: Config = {}
    for key, value in sections.items():
        inner = flattened(value, name) if isinstance(value, Mapping) else {key: value}
        if twice := flat.keys() & inner.keys():
            raise PresetError(f"'{min(twice)}' stands in it twice", where=name, remedy="Keep one.")
        flat.update(inner)
    return flat


def merged(arguments: Config, overrides: Mapping[str, Value]) -> Config:
    """Return the arguments with the overrides over them; neither is changed.

    Raises:
        PresetError: an override sets what is set elsewhere, is of another type than the preset's value,
            or contradicts another override.
    """
    for name, value in overrides.items():
        _refuse_ours(name, "training.overrides")
        _refuse_rivals(name, overrides)
        _refuse_other_type(name, value, arguments)
    replaced = {_RIVALS[name] for name in overrides if name in _RIVALS}
    return {name: value for name, value in arguments.items() if name not in replaced} | dict(overrides)


def toml(arguments: Mapping[str, Any]) -> str:
    """Return arguments, or a dataset's content, as the text of a TOML file."""
    return tomli_w.dumps(arguments)


def _refuse_ours(name: str, where: str) -> None:
    if name in OURS:
        key = OURS[name]
        remedy = f"Set `{key}` instead." if key else "Take it out: the run sets it."
        raise PresetError(f"'{name}' cannot be set here", where=where, remedy=remedy)


def _refuse_rivals(name: str, overrides: Mapping[str, Value]) -> None:
    if _RIVALS.get(name) in overrides:
        raise PresetError(
            f"'{name}' and '{_RIVALS[name]}' are both overridden, and a trainer would ignore the steps",
            where="training.overrides",
            remedy="Keep one.",
        )


def _refuse_other_type(name: str, value: Value, arguments: Config) -> None:
    if name in arguments and _type(value) != (expected := _type(arguments[name])):
        raise PresetError(
            f"'{name}' is {expected}, not {_type(value)} ({value!r})",
            where="training.overrides",
            remedy=f"The preset has {arguments[name]!r}.",
        )


def _type(value: Value) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "a list"
