"""`orchestrate lora show`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestrator.errors import LoraError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

_TAGS_SHOWN = 12


def run(args: argparse.Namespace) -> int:
    """Tell what a LoRA file is; the exit code is that of an unusable LoRA if it is damaged."""
    from orchestrator import safetensors_file
    from orchestrator.training import lora_file
    from orchestrator.training.lora_story import story

    lora, values = lora_file.read(args.file), lora_file.values(args.file)
    about: dict[str, Any] = {
        **asdict(lora),
        **asdict(story(lora.metadata)),
        **asdict(values),
        "hashes": _hashes(safetensors_file.lora_hashes(args.file), lora.metadata),
        "bytes": args.file.stat().st_size,
    }
    if args.json:
        print(json.dumps({"event": "result", "file": str(args.file), **about}))
    else:
        print("\n".join(f"{label:<12}{text}" for label, text in _lines(about).items() if text))
    damaged = values.not_finite or any(each["right"] is False for each in about["hashes"].values())
    return LoraError.exit_code if damaged else 0


def _hashes(real: Mapping[str, str], metadata: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {
        name: {"real": value, "told": told, "right": None if told is None else told == value}
        for name, value in real.items()
        for told in [metadata.get(name)]
    }


def _lines(about: Mapping[str, Any]) -> dict[str, str]:
    total = sum(about["modules"].values())
    base = [about["base_model"], about["base_hash"] and f"SHA-256 {about['base_hash']}"]
    trained = [
        f"{about['steps']} steps" if about["steps"] is not None else None,
        f"{about['epochs']} epochs" if about["epochs"] is not None else None,
        about["learning_rate"] and f"learning rate {about['learning_rate']}",
        about["resolution"],
        about["trained"],
    ]
    return {
        "name": about["name"] or "",
        "kind": f"{about['kind']}, names as {about['naming']} writes them, {about['bytes'] / 1e6:.1f} MB",
        "family": about["family"] or "unknown: neither its tensors nor its metadata tell",
        "base model": _joined(base),
        "modules": f"{total}: " + _joined([f"{count} {part}" for part, count in about["modules"].items()]),
        "rank": _counted(about["ranks"], total),
        "alpha": _counted(about["alphas"], total),
        "trained": _joined(trained),
        "tags": _joined([f"{tag} ({count})" for tag, count in [*about["tags"].items()][:_TAGS_SHOWN]]),
        "values": _values(about["not_finite"]),
        **{
            name.removeprefix("sshs_").replace("_", " "): _told(each)
            for name, each in about["hashes"].items()
        },
    }


def _joined(texts: list[str | None]) -> str:
    return ", ".join(text for text in texts if text)


def _counted(modules: Mapping[float, int], total: int) -> str:
    """Return the one value of all modules, or each value with how many have it."""
    if list(modules.values()) == [total]:
        return f"{next(iter(modules)):g}"
    return ", ".join(f"{value:g} ({count} modules)" for value, count in modules.items())


def _values(not_finite: tuple[str, ...]) -> str:
    if not not_finite:
        return "all finite"
    return f"NaN or infinity in {len(not_finite)} tensors, first in {not_finite[0]}: it paints black or noise"


def _told(each: Mapping[str, Any]) -> str:
    if each["right"] is None:
        return f"{each['real']}, which its metadata do not tell"
    if each["right"]:
        return f"{each['real']}, as its metadata tell"
    return f"{each['real']}, but its metadata tell {each['told']}: it was changed after it was written"
