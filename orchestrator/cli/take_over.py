"""`orchestrate import`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Write the preset, and print what to put into project.yaml and what was left out."""
    import yaml

    from orchestrator.errors import NotWritable
    from orchestrator.files import write_bytes
    from orchestrator.training import configs, foreign, foreign_dataset

    imported = foreign.read(args.file)
    if args.dataset is not None:
        imported = foreign_dataset.taken_over(imported, args.dataset)
    if args.to.exists():
        raise NotWritable("this file is there already", where=str(args.to), remedy="Name another with --to.")
    head = f"# From {args.file.name}.\n"
    write_bytes(args.to, (head + configs.toml(imported.preset)).encode())
    checkout = {"path": "/the/folder/of/your/checkout"}
    training = {"trainer": "sd-scripts", "sd_scripts": checkout, "preset": str(args.to), **imported.training}
    parts = {"training": training} | ({"style": imported.style} if imported.style else {})
    if args.json:
        print(json.dumps({"event": "imported", **parts, "left_out": imported.left_out}))
        return 0
    print(yaml.safe_dump(parts, sort_keys=False), end="")
    for name, reason in imported.left_out.items():
        print(f"# left out: {name}: {reason}")
    return 0
