"""A server on a real socket that answers as told: for faults that no real server shows on demand."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Staged:
    """What a server answers, and what it was asked."""

    url: str
    answers: dict[str, Callable[[Handler], None]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    credentials: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the staged answer for its path."""

    protocol_version = "HTTP/1.1"
    staged: Staged

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.body = json.loads(self.rfile.read(length)) if length else None
        path = self.path.partition("?")[0].removeprefix("/sdapi/v1/")
        self.staged.asked.append((self.command, path))
        self.staged.credentials.append(self.headers.get("Authorization"))
        self.staged.answers[path](self)

    do_POST = do_GET  # noqa: N815 - the standard library's name

    def send(self, body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_value(self, value: Any, *, status: int = 200) -> None:
        self.send(json.dumps(value).encode(), status=status)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Lets clients hang up, which is part of what is staged."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def staged_server() -> Iterator[Staged]:
    """Serve on a free port; the answers may be changed at any time."""
    handler = type("StagedHandler", (Handler,), {})
    server = Server(("127.0.0.1", 0), handler)
    stage = handler.staged = Staged(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
