"""Ever cheaper settings, for a training that ran out of GPU memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.training.dataset_toml import levels
from orchestrator.training.sd_scripts.contradictions import CHANGED_PICTURES

Values = Mapping[str, Any]
Plan = tuple[Values, Values]
"""Arguments of a training, and the content of its dataset TOML."""

_SMALL = {"AdamW": "AdamW8bit", "": "AdamW8bit", "Lion": "Lion8bit"}
_SHRINK, _STEP, _LEAST = 0.75, 64, 256


def gradient_checkpointing(arguments: Values, content: Values) -> Plan | None:
    """Compute parts twice instead of keeping them."""
    if arguments.get("gradient_checkpointing"):
        return None
    return {**arguments, "gradient_checkpointing": True}, content


def cached_latents(arguments: Values, content: Values) -> Plan | None:
    """Encode all pictures beforehand, so that the autoencoder need not stay; not where each is cut anew."""
    settled = ("cache_latents", "cache_latents_to_disk", *CHANGED_PICTURES)
    look_ups = itertools.chain.from_iterable(levels(content, arguments))
    if any(look_up.get(name) for look_up in look_ups for name in settled):
        return None
    return {**arguments, "cache_latents": True}, content


def batch_of_one(arguments: Values, content: Values) -> Plan | None:
    """Take one picture at a time, and add gradients up so that a step still sees as many."""
    batch = max(
        [arguments.get("train_batch_size", 1), *(each.get("batch_size", 1) for each in _tables(content))]
    )
    if batch == 1:
        return None
    accumulated = arguments.get("gradient_accumulation_steps", 1) * batch
    alone = {"train_batch_size": 1, "gradient_accumulation_steps": accumulated}
    return {**arguments, **alone}, _changed(content, "batch_size", lambda _: 1)


def small_optimizer(arguments: Values, content: Values) -> Plan | None:
    """Keep the optimizer's memory in 8 bits; needs bitsandbytes."""
    small = _SMALL.get(arguments.get("optimizer_type", ""))
    return None if small is None else ({**arguments, "optimizer_type": small}, content)


def lower_resolution(arguments: Values, content: Values) -> Plan | None:
    """Train on smaller pictures."""
    lower = _changed(content, "resolution", _shrunk)
    if isinstance(arguments.get("resolution"), str):
        sides = [_shrunk(int(side)) for side in arguments["resolution"].split(",")]
        arguments = {**arguments, "resolution": ",".join(map(str, sides))}
    elif lower == content:
        return None
    return arguments, lower


LADDER: dict[str, Callable[[Values, Values], Plan | None]] = {
    "gradient checkpointing": gradient_checkpointing,
    "cached latents": cached_latents,
    "one picture at a time": batch_of_one,
    "an 8-bit optimizer": small_optimizer,
    "a lower resolution": lower_resolution,
}
"""From the cheapest loss to the dearest; each starts from what the ones before it made."""


def _tables(content: Values) -> list[Values]:
    return [content.get("general", {}), *content["datasets"]]


def _changed(content: Values, key: str, change: Callable[[Any], Any]) -> Values:
    general, *datasets = (
        {**table, key: change(table[key])} if key in table else table for table in _tables(content)
    )
    return {**content, **({"general": general} if general else {}), "datasets": datasets}


def _shrunk(side: Any) -> Any:
    if isinstance(side, list | tuple):
        return [_shrunk(each) for each in side]
    return side if side <= _LEAST else max(_LEAST, int(side * _SHRINK) // _STEP * _STEP)
