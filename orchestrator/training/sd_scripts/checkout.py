"""A checkout of sd-scripts: where its Python is, and which version it is."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from orchestrator import digest
from orchestrator.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.training.settings import SdScriptsSettings

_PYTHONS = ("venv/bin/python", ".venv/bin/python", "venv/Scripts/python.exe", ".venv/Scripts/python.exe")
_GIT_SECONDS = 30


def check(settings: SdScriptsSettings, script: str) -> None:
    """Make sure that a script and a Python to run it are there. Raises ProjectError: one is not."""
    if not (settings.path / script).is_file():
        raise ProjectError(
            f"there is no {script} in it",
            where=f"training.sd_scripts.path: {settings.path}",
            remedy="Name a checkout of kohya's sd-scripts that is new enough to train this model.",
        )
    interpreter(settings)


def interpreter(settings: SdScriptsSettings) -> Path:
    """Return the Python that sd-scripts is installed in.

    Raises:
        ProjectError: it is not there, or was not named and does not lie in the checkout.
    """
    if settings.python is not None:
        if not settings.python.is_file():
            raise ProjectError(
                "there is no such Python", where=f"training.sd_scripts.python: {settings.python}"
            )
        return settings.python.absolute()
    found = [settings.path / each for each in _PYTHONS if (settings.path / each).is_file()]
    if not found:
        raise ProjectError(
            "no Python lies in its venv or .venv",
            where=f"training.sd_scripts.path: {settings.path}",
            remedy="Name the Python that sd-scripts is installed in as `training.sd_scripts.python`.",
        )
    return found[0].absolute()


def version(checkout: Path) -> str:
    """Return what tells one state of a checkout's code from another.

    It is the commit, with a digest of uncommitted edits behind it; for a checkout without git, a digest of
    its files.
    """
    commit = _git(checkout, "rev-parse", "HEAD")
    if not commit:
        return f"files-{_digest(checkout)}"
    edits = _git(checkout, "diff", "HEAD")
    return f"{commit}-{digest.of_bytes(edits.encode())[:12]}" if edits else commit


def described(checkout: Path) -> str:
    """Return a checkout's version as people call it: the nearest tag and the commit, or as `version`."""
    return _git(checkout, "describe", "--tags", "--always", "--dirty") or version(checkout)


def _git(checkout: Path, *arguments: str) -> str:
    if not (checkout / ".git").exists():  # else git would look for a repository in the folders above
        return ""
    try:
        answer = subprocess.run(
            ("git", "-C", str(checkout), *arguments),  # noqa: S607 - wherever the user has git
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
            timeout=_GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _digest(checkout: Path) -> str:
    files = [*checkout.glob("*.py"), *checkout.glob("library/*.py")]
    return digest.of_value(sorted((file.name, digest.of_file(file)) for file in files))[:12]
