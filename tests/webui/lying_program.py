"""Lying WebUIs as programs of their own: such can be killed, and paint side by side."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRIPT = Path(__file__).with_name("lying_webui.py")


def command(loras: Path, **options: object) -> tuple[str, ...]:
    """Return the command line of a server; options as `lying_webui.py` has them, with `_` for `-`."""
    said = {"lora-dir": loras, **{name.replace("_", "-"): value for name, value in options.items()}}
    return (sys.executable, str(SCRIPT), *(f"--{name}={value}" for name, value in said.items()))


@contextmanager
def program(loras: Path, **options: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server; yield it and its address."""
    with subprocess.Popen(command(loras, **options), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server, server.stdout.readline().removeprefix("ready ").strip()
        finally:
            server.kill()
