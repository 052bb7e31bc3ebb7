"""What a program of sd-scripts understands, as its own checkout says."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.errors import TrainerError
from orchestrator.files import replacing
from orchestrator.process import Program, running
from orchestrator.training.sd_scripts import checkout, launch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.training.settings import SdScriptsSettings


@dataclass(frozen=True)
class Argument:
    """One argument.

    Attributes:
        type: the name of what converts its text: `int`, `float`, `str`, `int_or_float`, …; None for a text
            that is not converted.
        many: whether it takes a list.
        flag: whether it is true or false.
        choices: the only values allowed, if they are limited.
    """

    type: str | None
    many: bool = False
    flag: bool = False
    choices: tuple[Any, ...] | None = None


def known_arguments(settings: SdScriptsSettings, script: str) -> Mapping[str, Argument]:
    """Return the arguments of a script by name.

    The checkout's own Python is asked once for each version of its code, which takes some seconds; then the
    answer is remembered in the user's cache folder.

    Raises:
        TrainerError: the script could not be asked: mostly, something that it needs is not installed.
    """
    file = _cache() / f"{Path(script).stem}-{checkout.version(settings.path)}.json"
    if not file.is_file():
        _ask(settings, script, file)
    return _read(file)


def _read(file: Path) -> dict[str, Argument]:
    return {
        each["dest"]: Argument(
            each["type"],
            each["many"],
            each["flag"],
            None if each["choices"] is None else tuple(each["choices"]),
        )
        for each in json.loads(file.read_text(encoding="utf-8"))
    }


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(base) / "orchestrate" / "sd-scripts"


def _ask(settings: SdScriptsSettings, script: str, file: Path) -> None:
    asker = Path(__file__).with_name("list_arguments.py")
    log = file.with_suffix(".log")
    with replacing(file) as partial:
        argv = (str(checkout.interpreter(settings)), str(asker), script, str(partial))
        log.unlink(missing_ok=True)
        with running(Program(argv, cwd=settings.path, env=launch.ENVIRONMENT), log=log) as child:
            code = child.wait()
        if code != 0 or not partial.is_file():
            lines = "\n".join(f"  | {line}" for line in child.tail[-8:])
            raise TrainerError(
                f"{script} could not be asked for its arguments; its last lines:\n{lines}",
                where=str(settings.path),
                remedy="Install sd-scripts' requirements into the Python that `training.sd_scripts` names.",
            )
