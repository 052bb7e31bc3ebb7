"""The WebUI that comes along, run as a program of its own for as long as it is needed."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import (
    MissingPackage,
    ModelFileError,
    OrchestrateError,
    PortTaken,
    WebUIUnreachable,
)
from orchestrator.files import storage_errors
from orchestrator.process import Program, running
from orchestrator.webui.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.process import Child
    from orchestrator.webui.settings import WebUISettings

READY = "ready "
_TOLD = (ModelFileError, MissingPackage)  # its last line says these in full; it exits with our own codes
_LAST_LINES = 5
_DYING_SECONDS = 1.0


@contextmanager
def serving(settings: WebUISettings, *, model: str, lora_dir: Path, log: Path) -> Iterator[Client]:
    """Start the embedded WebUI, yield a client once it listens, and stop it whatever happens.

    Args:
        settings: its port, credentials and time-outs.
        model: `pocket`, or the path of a checkpoint.
        lora_dir: where it looks for LoRAs.
        log: its output is added to this file.

    Raises:
        PortTaken: the port is in use.
        ModelFileError: the model cannot be used.
        MissingPackage: what it runs on is not installed.
        WebUIUnreachable: it died, at the start or later, or did not come up in time; its last lines are told.
    """
    with storage_errors(lora_dir):
        lora_dir.mkdir(parents=True, exist_ok=True)
    program = Program(_command(settings, model, lora_dir.absolute()), Path.cwd(), _login(settings))
    with running(program, log=log) as server:
        url = _address(server, settings, log)
        with Client(url, settings) as client:
            try:
                yield client
            except WebUIUnreachable as error:
                if _is_alive(server):
                    raise
                raise _death(server, log) from error


def _command(settings: WebUISettings, model: str, lora_dir: Path) -> tuple[str, ...]:
    command = (sys.executable, "-m", "orchestrator.embedded.webui")
    options = ("--port", str(settings.port or 0), "--model", model, "--lora-dir", str(lora_dir))
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
    return told(server.tail[-1]) if told and server.tail else _death(server, log)


def _is_alive(server: Child) -> bool:
    """Tell whether the server goes on; a connection may drop a moment before its process is gone."""
    deadline = time.monotonic() + _DYING_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return server.poll() is None


def _death(server: Child, log: Path) -> WebUIUnreachable:
    last = " | ".join(server.tail[-_LAST_LINES:]) or "no output"
    return WebUIUnreachable(
        f"the embedded WebUI stopped with exit code {server.wait()}: {last}",
        where=str(log),
        remedy="Its whole output stands in that file; webui.ready_timeout bounds its start.",
    )
