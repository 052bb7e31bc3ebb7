"""The WebUI that comes along, run as a program of its own for as long as it is needed."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orchestrator.errors import (
    MissingPackage,
    ModelFileError,
    OrchestrateError,
    PortTaken,
    WebUIUnreachable,
)
from orchestrator.files import storage_errors
from orchestrator.process import Program, running
from orchestrator.webui.supervision import last_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.process import Child
    from orchestrator.webui.settings import WebUISettings

READY = "ready "
_TOLD = (ModelFileError, MissingPackage)  # its last line says these in full; it exits with our own codes


@contextmanager
def serving(
    settings: WebUISettings, *, model: str, lora_dir: Path, log: Path, before: str = ""
) -> Iterator[tuple[Child, str]]:
    """Run the embedded WebUI for as long as the context lasts; yield it and its address once it listens.

    Args:
        settings: its port, credentials and time-outs.
        model: `pocket`, or the path of a checkpoint.
        lora_dir: where it looks for LoRAs.
        log: its output is added to this file.
        before: the address that it had before, and gets again.

    Raises:
        PortTaken: the port is in use.
        ModelFileError: the model cannot be used.
        MissingPackage: what it runs on is not installed.
        WebUIUnreachable: it ended at its start or did not come up in time; its last lines are told.
    """
    with storage_errors(lora_dir):
        lora_dir.mkdir(parents=True, exist_ok=True)
    port = urlsplit(before).port or settings.port or 0
    command = _command(port, model, lora_dir.absolute())
    with running(Program(command, Path.cwd(), _login(settings)), log=log) as server:
        yield server, _address(server, settings, log)


def _command(port: int, model: str, lora_dir: Path) -> tuple[str, ...]:
    command = (sys.executable, "-m", "orchestrator.embedded.webui")
    options = ("--port", str(port), "--model", model, "--lora-dir", str(lora_dir))
    return (*command, *options)


def _login(settings: WebUISettings) -> dict[str, str]:
    """Return the credentials as a variable: arguments can be read by every user of the machine."""
    return {"ORCHESTRATE_API_AUTH": settings.auth.get_secret_value() if settings.auth else ""}


def _address(server: Child, settings: WebUISettings, log: Path) -> str:
    """Return the address that the server tells when it listens."""
    overdue = threading.Timer(settings.ready_timeout, server.stop)
    overdue.daemon = True
    overdue.start()
    try:
        for line in server.lines():
            if line.startswith(READY):
                return line.removeprefix(READY).strip()
    finally:
        overdue.cancel()
    raise _failed_start(server, settings, log)


def _failed_start(server: Child, settings: WebUISettings, log: Path) -> OrchestrateError:
    code = server.wait()
    if code == PortTaken.exit_code:
        return PortTaken(
            f"port {settings.port} is in use",
            where="webui.port",
            remedy="Choose another port, or leave it out: any free one is taken then.",
        )
    told = next((kind for kind in _TOLD if kind.exit_code == code), None)
    if told and server.tail:
        return told(server.tail[-1])
    return WebUIUnreachable(
        f"the embedded WebUI stopped with {last_words(server)}",
        where=str(log),
        remedy="Its whole output stands in that file; webui.ready_timeout bounds its start.",
    )
