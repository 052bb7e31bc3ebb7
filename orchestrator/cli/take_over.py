"""`orchestrate import`: settings of other programs, by what kind of file holds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.files import write_bytes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

_TRAINING = {".toml", ".json"}


def run(args: argparse.Namespace) -> int:
    """Write the preset, and print what to put into project.yaml and what was left out."""
    suffix = args.file.suffix.lower()
    if suffix == ".csv":
        return _styles(args)
    if suffix == ".txt" or (suffix == ".json" and _has_prompts(args.file)):
        return _deforum(args)
    return _training(args) if suffix in _TRAINING else _picture(args)


def _training(args: argparse.Namespace) -> int:
    from orchestrator.training import configs, foreign, foreign_dataset

    imported = foreign.read(args.file)
    if args.dataset is not None:
        imported = foreign_dataset.taken_over(imported, args.dataset)
    to = args.to or Path("imported.toml")
    _write(to, args.file, configs.toml(imported.preset))
    checkout = {"path": "/the/folder/of/your/checkout"}
    training = {"trainer": "sd-scripts", "sd_scripts": checkout, "preset": str(to), **imported.training}
    style = {"style": imported.style} if imported.style else {}
    _tell(args, {"training": training, **style}, imported.left_out)
    return 0


def _deforum(args: argparse.Namespace) -> int:
    """Print what belongs under `stylize`; it needs no file of its own."""
    from orchestrator.stylization.schedule import deforum_file

    imported = deforum_file.read(args.file)
    _tell(args, {"stylize": imported.stylize}, imported.left_out)
    return 0


def _has_prompts(file: Path) -> bool:
    """Tell settings of Deforum from presets of a training, which have another key for their prompts."""
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and "prompts" in found


def _picture(args: argparse.Namespace) -> int:
    from orchestrator.webui import imported, infotext_file

    told = imported.of_infotext(infotext_file.read(args.file))
    to = args.to or Path(f"{args.file.stem}.yaml")
    _write(to, args.file, _yaml(told.payload.model_dump(mode="json", exclude_defaults=True)))
    seed = {} if told.seed is None else {"seed": told.seed}
    _tell(args, {"stylize": {"payload": str(to), "prompt": told.prompt, **seed}}, told.left_out)
    return 0


def _styles(args: argparse.Namespace) -> int:
    from orchestrator.stylization.settings import TRIGGER
    from orchestrator.webui import styles

    found = styles.read(args.file, subject=TRIGGER)
    to = args.to or Path(f"{args.file.stem}.yaml")
    _write(
        to, args.file, f"# What stands under a name belongs under `stylize` in project.yaml.\n{_yaml(found)}"
    )
    told = {"event": "imported", "styles": list(found), "file": str(to)}
    print(json.dumps(told) if args.json else f"{len(found)} styles in {to}: {', '.join(found)}")
    return 0


def _write(to: Path, source: Path, text: str) -> None:
    from orchestrator.errors import NotWritable

    if to.exists():
        raise NotWritable("this file is there already", where=str(to), remedy="Name another with --to.")
    write_bytes(to, f"# From {source.name}.\n{text}".encode())


def _tell(args: argparse.Namespace, settings: Mapping[str, Any], left_out: Mapping[str, str]) -> None:
    if args.json:
        print(json.dumps({"event": "imported", **settings, "left_out": left_out}))
        return
    print(_yaml(settings), end="")
    for name, reason in left_out.items():
        print(f"# left out: {name}: {reason}")


def _yaml(value: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100))
