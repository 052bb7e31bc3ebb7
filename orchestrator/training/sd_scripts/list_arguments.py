"""Writes the arguments of one of sd-scripts' programs into a JSON file. It runs in sd-scripts' own Python.

`python list_arguments.py train_network.py OUT.json`, with the checkout as working directory. The program is
imported and asked for its parser; nothing is trained, and no GPU is needed.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def main() -> None:
    """Write the file."""
    script, target = sys.argv[1:]
    sys.path[0] = os.getcwd()  # noqa: PTH109 - a path entry is a text; the modules beside this file must not be found
    parser = importlib.import_module(Path(script).stem).setup_parser()
    known = [_described(action) for action in parser._actions if action.dest != "help"]  # noqa: SLF001 - argparse lists its arguments nowhere else
    Path(target).write_text(json.dumps(known), encoding="utf-8")


def _described(action: argparse.Action) -> dict[str, object]:
    return {
        "dest": action.dest,
        "type": getattr(action.type, "__name__", None),
        "many": action.nargs in ("*", "+"),
        "flag": action.nargs == 0,
        "choices": list(action.choices) if action.choices is not None else None,
    }


if __name__ == "__main__":
    main()
