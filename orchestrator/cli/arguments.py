"""What may stand on the command line. Nothing heavy is imported, so that help is instant."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it nowhere else
    Adder = Callable[[argparse.ArgumentParser], None]

EXAMPLES = """\
examples:
  orchestrate init                      write a commented project.yaml here
  orchestrate explain project.yaml      see what a run would do
  orchestrate run project.yaml          do it; run it again after any interruption
  orchestrate run project.yaml --json   the same, one JSON object a line, for programs
"""


def _project(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "project", type=Path, nargs="?", default=Path("project.yaml"), metavar="project.yaml"
    )


def _doctor(command: argparse.ArgumentParser) -> None:
    # it looks at the machine alone, unless a project is named
    command.add_argument("project", type=Path, nargs="?", metavar="project.yaml")


def _report(command: argparse.ArgumentParser) -> None:
    _project(command)
    command.add_argument("--open", action="store_true", help="open the page in the browser")


def _import(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file",
        type=Path,
        help="a TOML of sd-scripts, a preset of the GUI, a picture as a WebUI saved it, or its styles.csv",
    )
    command.add_argument("--to", type=Path, help="the preset to write")


def _nothing(_: argparse.ArgumentParser) -> None:
    pass


# A name of two words is a command of a group; its file is `cli/<group>_<name>.py`.
COMMANDS: Mapping[str, tuple[str, Adder]] = {
    "run": ("the whole job: LoRA, restyled video, scores, report", _project),
    "explain": ("what a run would do, and why", _project),
    "init": ("write a commented project.yaml", _project),
    "doctor": ("what is missing, and how to mend it", _doctor),
    "prepare": ("make the training pictures", _project),
    "train": ("train the LoRA", _project),
    "install": ("put the LoRA into the WebUI", _project),
    "stylize": ("paint the frames", _project),
    "score": ("measure the painted frames", _project),
    "report": ("write the report, and say where it is", _report),
    "import": ("take over settings of sd-scripts, the kohya_ss GUI or a WebUI", _import),
    "schema": ("print the JSON Schema of project.yaml, for editors", _nothing),
}
GROUPS: Mapping[str, str] = {}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="orchestrate",
        description="A video and a style in; a restyled video, its LoRA, and proof of how good it is out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"orchestrate {__version__}")
    rooms = {"": whole.add_subparsers(metavar="COMMAND")}
    for name, (summary, adder) in COMMANDS.items():
        group, _, own = name.rpartition(" ")
        if group not in rooms:
            rooms[group] = _group(rooms[""], group)
        _add(rooms[group], own, summary, adder).set_defaults(command=name)
    whole.set_defaults(command=None)
    return whole


def _group(commands: Commands, name: str) -> Commands:
    about = GROUPS[name]
    group = commands.add_parser(name, help=about, description=f"{about[:1].upper()}{about[1:]}.")
    return group.add_subparsers(metavar="COMMAND", required=True)


def _add(commands: Commands, name: str, summary: str, adder: Adder) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.")
    adder(command)
    command.add_argument("--json", action="store_true", help="one JSON object a line instead of text")
    command.add_argument("--debug", action="store_true", help="show where in the code an error arose")
    return command
