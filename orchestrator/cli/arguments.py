"""What may stand on the command line. Nothing heavy is imported, so that help is instant."""

from __future__ import annotations

import argparse
from pathlib import Path

from orchestrator import __version__

COMMANDS = {
    "run": "the whole job: LoRA, restyled video, scores, report",
    "explain": "what a run would do, and why",
    "init": "write a commented project.yaml",
    "doctor": "what is missing, and how to mend it",
    "prepare": "make the training pictures",
    "train": "train the LoRA",
    "install": "put the LoRA into the WebUI",
    "stylize": "paint the frames",
    "score": "measure the painted frames",
    "report": "write the report, and say where it is",
    "import": "take over the settings of sd-scripts or the kohya_ss GUI",
    "schema": "print the JSON Schema of project.yaml, for editors",
}

EXAMPLES = """\
examples:
  orchestrate init                      write a commented project.yaml here
  orchestrate explain project.yaml      see what a run would do
  orchestrate run project.yaml          do it; run it again after any interruption
  orchestrate run project.yaml --json   the same, one JSON object a line, for programs
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="orchestrate",
        description="A video and a style in; a restyled video, its LoRA, and proof of how good it is out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"orchestrate {__version__}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.")
        _add_own(command, name)
        command.add_argument("--json", action="store_true", help="one JSON object a line instead of text")
        command.add_argument("--debug", action="store_true", help="show where in the code an error arose")
    return whole


def _add_own(command: argparse.ArgumentParser, name: str) -> None:
    if name == "import":
        command.add_argument("file", type=Path, help="a training TOML of sd-scripts, or a preset of the GUI")
        command.add_argument("--to", type=Path, default=Path("imported.toml"), help="the preset to write")
    elif name != "schema":
        # doctor looks at the machine alone, unless a project is named
        default = None if name == "doctor" else Path("project.yaml")
        command.add_argument("project", type=Path, nargs="?", default=default, metavar="project.yaml")
    if name == "report":
        command.add_argument("--open", action="store_true", help="open the page in the browser")
