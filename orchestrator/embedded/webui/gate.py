"""What every request must pass before it is read: credentials, and a bounded body."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 512 * 2**20
_OPEN = "/internal/ping"


def error_body(error: str, detail: Any, errors: str = "") -> dict[str, Any]:
    """Return an error's JSON in AUTOMATIC1111's form."""
    return {"error": error, "detail": detail, "body": "", "errors": errors}


class Gate:
    """ASGI middleware that turns away strangers and bodies of more than `MAX_BODY` bytes."""

    def __init__(self, app: ASGIApp, credentials: str | None) -> None:
        """Guard `app`.

        Args:
            app: what lies behind.
            credentials: `user:password`, several separated by commas; None lets everybody in.
        """
        self._app = app
        self._accepted = [
            b"Basic " + base64.b64encode(pair.strip().encode())
            for pair in (credentials or "").split(",")
            if pair
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or 413 itself, or let the request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if scope["path"] != _OPEN and not self._knows(headers.get(b"authorization", b"")):
            await _refuse(send, 401, "Incorrect username or password")
        elif _length(headers) > MAX_BODY:
            await _refuse(send, 413, f"A request may have {MAX_BODY} bytes at most")
        else:
            await self._app(scope, _bounded(receive), send)

    def _knows(self, given: bytes) -> bool:
        matches = [secrets.compare_digest(given, accepted) for accepted in self._accepted]
        return any(matches) or not matches


def _length(headers: dict[bytes, bytes]) -> int:
    declared = headers.get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else 0


def _bounded(receive: Receive) -> Receive:
    """End a body of undeclared length where it becomes too long: its JSON is then no longer whole."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return message if received <= MAX_BODY else {"type": "http.request", "body": b"", "more_body": False}

    return bounded


async def _refuse(send: Send, status: int, reason: str) -> None:
    body = json.dumps(error_body("HTTPException", reason)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
