"""`orchestrate`: runs one command, and tells what went wrong."""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, cast

from orchestrator.cli.arguments import parser
from orchestrator.errors import Interrupted, OrchestrateError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_FILES = {  # else the command's name, with "_" between its words
    "prepare": "part",
    "train": "part",
    "import": "take_over",  # no module can be named after a keyword
}
_VERDICTS = frozenset({"gate"})  # their codes 1 and 2 tell what was found
_BESIDE_VERDICTS = 10  # what is added there to a failure's code of 1 or 2
_READER_GONE = 141  # 128 + SIGPIPE, as a shell tells it


class Command(Protocol):
    """What a command's file holds."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 for success, else as `orchestrator.errors` says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a sign that a terminal lacks stops no run
    whole = parser()
    words = sys.argv[1:] if argv is None else argv
    try:
        args = whole.parse_args(words)
    except SystemExit as ended:
        raise SystemExit(_failure(int(ended.code or 0), words[0] if words else "")) from None
    if not args.command:
        whole.print_help()
        return 2
    try:
        code = _guarded(args)
        print(end="", flush=True)
    except BrokenPipeError:
        _drop_output()
        return _READER_GONE
    except OSError as error:  # of our own words alone: whatever a command fails at is told
        _drop_output()
        with suppress(OSError):
            print(f"orchestrate: what there is to say cannot be written: {error}", file=sys.stderr)
        return _failure(OrchestrateError.exit_code, args.command)
    return code


def _drop_output() -> None:
    """Have what is still buffered go nowhere; the interpreter would complain about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _guarded(args: argparse.Namespace) -> int:
    try:
        return _command(args.command).run(args)
    except KeyboardInterrupt:
        return _told(
            Interrupted("stopped; what was finished is kept, and the same command goes on from there"), args
        )
    except BrokenPipeError:
        raise
    except OrchestrateError as error:
        return _told(error, args)
    except Exception as error:  # noqa: BLE001 - whatever it is, the user is told
        return _told(
            OrchestrateError(
                f"an unexpected {type(error).__name__}: {error}",
                remedy="This is a defect. Run again with --debug and report what it prints.",
            ),
            args,
        )


def _told(error: OrchestrateError, args: argparse.Namespace) -> int:
    code = _failure(error.exit_code, args.command)
    if args.debug:
        traceback.print_exc()
    if args.json:
        fields = {"what": error.what, "where": error.where, "remedy": error.remedy}
        print(json.dumps({"event": "error", "exit_code": code, **fields}), flush=True)
    else:
        print(f"orchestrate: {error}", file=sys.stderr)
    return code


def _failure(code: int, command: str) -> int:
    """Return a failure's exit code, which is no verdict."""
    return code + _BESIDE_VERDICTS if command in _VERDICTS and code in {1, 2} else code


def _command(name: str) -> Command:
    # imported only when asked for, so that help is instant
    file = _FILES.get(name, name.replace(" ", "_"))
    return cast("Command", importlib.import_module(f"orchestrator.cli.{file}"))


if __name__ == "__main__":
    sys.exit(main())
