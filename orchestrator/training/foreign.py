"""Settings that users bring along: a training TOML of sd-scripts, or a preset that the kohya_ss GUI saved.

The GUI's JSON holds every field of its form, most of them empty or 0, under names that are mostly those of
sd-scripts. What means nothing outside the form is left out, and every other key that is left out is told.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.errors import PresetError
from orchestrator.training import configs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_PLACES = {"pretrained_model_name_or_path": "base_model", "seed": "seed"}
_PARTS = frozenset({"ae", "clip_l", "clip_g", "t5xxl"})
_SCHEDULER = "lr_scheduler"
_DECIMAL = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Imported:
    """Foreign settings as ours.

    Attributes:
        preset: the arguments, as a preset holds them.
        training: the keys of `training` beside it, such as `base_model`.
        style: the keys of `style`, where a dataset TOML was imported too.
        arguments: what was read, under the names of sd-scripts.
        left_out: what was not taken over, each with the reason.
    """

    preset: dict[str, Any]
    training: dict[str, Any] = field(default_factory=dict)
    style: dict[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def read(file: Path) -> Imported:
    """Return the settings of a `.toml` of sd-scripts or a `.json` of the GUI.

    Raises:
        PresetError: it is neither, or cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(f"this file cannot be read: {error}", where=str(file)) from error
    if file.suffix.lower() == ".toml":
        return of_arguments(configs.flattened(configs.parsed(text, str(file)), str(file)))
    try:
        form = json.loads(text)
    except ValueError as error:
        raise PresetError(f"this is neither a TOML nor a JSON file: {error}", where=str(file)) from error
    if not isinstance(form, dict):
        raise PresetError("a preset of the GUI is a JSON object", where=str(file))
    return of_gui(form)


def of_arguments(arguments: Mapping[str, Any]) -> Imported:
    """Return the arguments of sd-scripts as ours: some have their own place, some a run sets itself."""
    imported = Imported({}, arguments=dict(arguments))
    for name, value in arguments.items():
        if name in _PLACES:
            imported.training[_PLACES[name]] = value
        elif name in _PARTS:
            imported.training.setdefault("model_files", {})[name] = value
        elif name in configs.OURS:
            imported.left_out[name] = "a run sets it itself"
        else:
            imported.preset[name] = value
    return imported


def of_gui(form: Mapping[str, Any]) -> Imported:
    """Return a form of the GUI as ours; fields that are empty or 0 there mean that nothing was chosen."""
    chosen = {name: value for name, value in form.items() if value not in ("", None, [], "None")}
    arguments: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for name, value in chosen.items():
        if name in _FIELDS:
            arguments |= _FIELDS[name](value)
        elif name in _AS_THEY_ARE:
            arguments |= {name: _number(value)} if value or name in _ZERO_COUNTS else {}
        elif value:
            left_out[name] = "it has no counterpart that is known here"
    imported = of_arguments(_sound(arguments))
    return replace(imported, left_out={**left_out, **imported.left_out})


def _sound(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Take away what the form holds beside something that makes it void, as the GUI itself does."""
    steps = "max_train_epochs" if arguments.get("max_train_steps") else None
    warm_up = "lr_warmup_steps" if arguments.get(_SCHEDULER, "constant") == "constant" else None
    return {name: value for name, value in arguments.items() if name not in {steps, warm_up}}


def _number(value: Any) -> Any:
    """Return numbers that the form holds as texts as numbers."""
    if not isinstance(value, str):
        return value
    digits = value.removeprefix("-")
    if digits.isdecimal():
        return int(value)
    return float(value) if _DECIMAL.fullmatch(digits) else value


def _words(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: value.split() if isinstance(value, str) else value}


def _renamed(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: _number(value)} if value else {}


_FIELDS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "LoRA_type": lambda value: {"network_module": "networks.lora"} if value == "Standard" else {},
    "optimizer": _renamed("optimizer_type"),
    "optimizer_args": _words("optimizer_args"),
    "lr_scheduler_args": _words("lr_scheduler_args"),
    "text_encoder_lr": lambda value: {"text_encoder_lr": [_number(value)]} if _number(value) else {},
    "lr_warmup": lambda value: (
        {"lr_warmup_steps": _number(value) / 100} if _number(value) else {}
    ),  # per cent
    "epoch": _renamed("max_train_epochs"),
    "xformers": lambda value: {value: True} if value in {"xformers", "sdpa"} else {},
    "vae": _renamed("vae"),
    "max_resolution": lambda value: {"resolution": value},
}
_ZERO_COUNTS = frozenset({"seed", "max_data_loader_n_workers", "flip_aug"})
_AS_THEY_ARE = frozenset(
    """
    bucket_no_upscale bucket_reso_steps cache_latents cache_latents_to_disk
    caption_dropout_every_n_epochs caption_dropout_rate caption_extension clip_skip color_aug
    enable_bucket flip_aug fp8_base full_bf16 full_fp16 gradient_accumulation_steps
    gradient_checkpointing keep_tokens learning_rate lr_scheduler lr_scheduler_num_cycles
    lr_scheduler_power max_bucket_reso max_data_loader_n_workers max_grad_norm max_timestep
    max_token_length max_train_epochs max_train_steps min_bucket_reso min_snr_gamma min_timestep
    mixed_precision network_alpha network_dim network_dropout no_half_vae noise_offset
    persistent_data_loader_workers pretrained_model_name_or_path prior_loss_weight random_crop
    save_every_n_epochs save_every_n_steps save_precision scale_weight_norms seed shuffle_caption
    train_batch_size unet_lr v2 v_parameterization
    """.split()  # noqa: SIM905 - sixty names are easier to look through as a paragraph
)
