"""The socket, and serving on it until a signal comes."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from orchestrator.embedded.webui import app
from orchestrator.embedded.webui.state import State, Stop
from orchestrator.errors import PortTaken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from orchestrator.embedded.webui.desk import Desk

_BACKLOG = 128
_GRACE_SECONDS = 10


def bind(host: str, port: int) -> socket.socket:
    """Take a port without listening on it yet: until the model can paint, connections are refused.

    Args:
        host: a loopback address, since nothing is encrypted.
        port: 0 takes any free one.

    Raises:
        PortTaken: somebody else listens there, or the port cannot be used.
    """
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere this would let two programs share a port
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with _told_as_port_taken(port):
        taken.bind((host, port))
    return taken


def serve(desk: Desk, taken: socket.socket, flags: dict[str, Any], credentials: str | None) -> None:
    """Listen, say so, and serve until SIGTERM or SIGINT; a painting under way ends after its current step.

    Raises:
        PortTaken: somebody else began to listen there meanwhile.
    """
    host, port = taken.getsockname()[:2]
    application = app.create(desk, flags, credentials, [host, "localhost", "127.0.0.1"])
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    with _told_as_port_taken(port):
        taken.listen(_BACKLOG)
    print(f"ready http://{host}:{port}", flush=True)
    _Server(config, desk.state).run(sockets=[taken])


class _Server(uvicorn.Server):
    """uvicorn's server, which waits for running requests when a signal comes; here these end early then."""

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._painting = state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._painting.ask_to_stop(Stop.SERVER)
        super().handle_exit(sig, frame)


@contextmanager
def _told_as_port_taken(port: int) -> Iterator[None]:
    try:
        yield
    except (OSError, OverflowError) as error:
        raise PortTaken(
            f"port {port} cannot be used: {error}", remedy="Give another --port, or 0 for any free one."
        ) from error
