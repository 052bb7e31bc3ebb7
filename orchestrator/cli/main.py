"""`orchestrate`: reads the command line, runs one command, and tells what went wrong."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from typing import TYPE_CHECKING, Protocol, cast

from orchestrator import __version__
from orchestrator.errors import Interrupted, OrchestrateError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "schema": "print the JSON Schema of project.yaml, for editors",
}

_FILES = {"prepare": "part", "train": "part", "stylize": "part", "score": "part"}  # else the command's name

EXAMPLES = """\
examples:
  orchestrate init                      write a commented project.yaml here
  orchestrate explain project.yaml      see what a run would do
  orchestrate run project.yaml          do it; run it again after any interruption
  orchestrate run project.yaml --json   the same, one JSON object a line, for programs
"""


class Command(Protocol):
    """What a command's file holds."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 for success, else as `orchestrator.errors` says."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser, named = _parser(), _named(arguments)
    if named:
        _command(named).arguments(_subparser(parser, named))
    args = parser.parse_args(arguments)
    if not args.command:
        parser.print_help()
        return 2
    return _guarded(_command(args.command), args)


def _guarded(command: Command, args: argparse.Namespace) -> int:
    try:
        return command.run(args)
    except KeyboardInterrupt:
        return _told(
            Interrupted("stopped; what was finished is kept, and the same command goes on from there"), args
        )
    except OrchestrateError as error:
        if args.debug:
            raise
        return _told(error, args)
    except BrokenPipeError:
        return 0  # who read our output has seen enough
    except Exception as error:
        if args.debug:
            raise
        return _told(
            OrchestrateError(
                f"an unexpected {type(error).__name__}: {error}",
                remedy="This is a defect. Run again with --debug and report what it prints.",
            ),
            args,
        )


def _told(error: OrchestrateError, args: argparse.Namespace) -> int:
    if args.json:
        fields = {"what": error.what, "where": error.where, "remedy": error.remedy}
        print(json.dumps({"event": "error", "exit_code": error.exit_code, **fields}), flush=True)
    else:
        print(f"orchestrate: {error}", file=sys.stderr)
    return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orchestrate",
        description="A video and a style in; a restyled video, its LoRA, and proof of how good it is out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"orchestrate {__version__}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="one JSON object a line instead of text")
    shared.add_argument("--debug", action="store_true", help="show where in the code an error arose")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, summary in COMMANDS.items():
        commands.add_parser(
            name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.", parents=[shared]
        )
    return parser


def _subparser(parser: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    actions = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]  # noqa: SLF001 - argparse offers no public way back to a subparser
    return cast("argparse.ArgumentParser", actions[0].choices[name])


def _named(arguments: Sequence[str]) -> str | None:
    return next((each for each in arguments if each in COMMANDS), None)


def _command(name: str) -> Command:
    # imported only when asked for, so that help is instant
    return cast("Command", importlib.import_module(f"orchestrator.cli.{_FILES.get(name, name)}"))


if __name__ == "__main__":
    sys.exit(main())
