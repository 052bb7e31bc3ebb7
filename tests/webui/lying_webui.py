"""A small WebUI on a real socket that is right about everything, except where it is told to lie.

As a program: `python lying_webui.py --lora-dir DIR --seconds 0.1 --faults "html:0.01,black@3"` prints
`ready http://…` once it listens. `GET /lying/account` tells what really happened.
"""

from __future__ import annotations

import argparse
import base64
import json
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lying_enlarge import enlarge
from lying_faults import parsed
from lying_studio import (
    CONTROL_MODELS,
    CONTROL_MODULES,
    SAMPLERS,
    SCHEDULERS,
    VERSIONS,
    Refusal,
    Studio,
    identity,
)

_OPEN = {"/sdapi/v1/loras", "/sdapi/v1/refresh-loras", "/lying/account"}  # asked for without a password
_PAGE = b"<html><body><h1>Please wait</h1></body></html>"
_MEMORY = {
    "ram": {"free": 24 << 30, "used": 8 << 30, "total": 32 << 30},
    "cuda": {"system": {"free": 9 << 30, "used": 3 << 30, "total": 12 << 30}},
}


@dataclass
class Running:
    """A server that runs, and what it is made of."""

    url: str
    studio: Studio


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    studio: Studio
    auth: str | None
    late_seconds: float

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else {}
        path = self.path.partition("?")[0]
        if self._is_stranger(path):
            self._send(401, _error(self.studio.flavour, 401, "Incorrect username or password"))
            return
        try:
            if (self.command, path) == ("POST", "/sdapi/v1/img2img"):
                self._img2img(body)
            else:
                self._send(200, json.dumps(self._told(path, body)).encode())
        except Refusal as refusal:
            told = _error(self.studio.flavour, refusal.status, refusal.detail, refusal.kind)
            self._send(refusal.status, told)

    do_POST = do_GET  # noqa: N815 - the standard library's name

    def _is_stranger(self, path: str) -> bool:
        wanted = "Basic " + base64.b64encode((self.auth or "").encode()).decode()
        return bool(self.auth) and path not in _OPEN and self.headers.get("Authorization") != wanted

    def _told(self, path: str, body: dict[str, Any]) -> Any:
        answer = routes(self.studio).get((self.command, path))
        if answer is None:
            raise Refusal(404, "Not Found")
        return answer(body)

    def _img2img(self, body: dict[str, Any]) -> None:
        fault, answer = self.studio.img2img(body)
        page = {"html": 200, "html-502": 502, "html-503": 503}.get(fault or "")
        if page:
            self._send(page, _PAGE, kind="text/html")
        elif fault == "error-f":
            self._send(500, json.dumps({"detail": "", "message": "CUDA out of memory"}).encode())
        elif fault == "flood":
            self._flood()
        elif fault in {"drop-early", "drop-body", "cut-json"}:
            self._cut(fault, answer)
        else:
            if fault == "late":
                time.sleep(self.late_seconds)
            self._send(200, answer)
            if not fault or fault in {"jpeg", "webp", "prefix", "more-pictures", "reverse"}:
                delivered = self.studio.account.delivered
                delivered[identity(body)] = delivered.get(identity(body), 0) + 1

    def _cut(self, fault: str, answer: bytes) -> None:
        half = answer[: len(answer) // 2]
        if fault == "cut-json":
            self._send(200, half)
            return
        if fault == "drop-body":
            self._send(200, half, length=len(answer))
        self.close_connection = True

    def _flood(self) -> None:
        self._send(200, b"", length=1 << 40)
        self.close_connection = True
        while True:
            self.wfile.write(b"[" * (1 << 20))

    def _send(
        self, status: int, body: bytes, *, kind: str = "application/json", length: int | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def routes(studio: Studio) -> dict[tuple[str, str], Callable[[dict[str, Any]], Any]]:
    """Return what answers at which address; the flavours differ in this."""

    def fixed(value: Any) -> Callable[[dict[str, Any]], Any]:
        return lambda _: value

    def refused(_: dict[str, Any]) -> Any:
        raise Refusal(500, "Internal Server Error", "ResponseValidationError")

    scripts = ["controlnet"] if studio.has_controlnet else []
    own: dict[str, Callable[[dict[str, Any]], Any]] = {
        "GET options": lambda _: studio.options(),
        "POST options": studio.set_options,
        "GET sd-models": lambda _: studio.models(),
        "GET loras": lambda _: studio.loras.listed,
        "POST refresh-loras": lambda _: studio.loras.refresh(),
        "POST refresh-checkpoints": fixed(None),
        "GET progress": lambda _: studio.progress(),
        "POST interrupt": lambda _: studio.interrupt(),
        "POST skip": fixed(None),
        "GET samplers": fixed([{"name": name, "aliases": [], "options": {}} for name in SAMPLERS]),
        "GET upscalers": fixed(
            [{"name": name, "model_name": None, "scale": 4} for name in ("None", "Lanczos", "R-ESRGAN 4x+")]
        ),
        "POST extra-single-image": lambda body: enlarge(body, studio.enlarging),
        "GET memory": fixed(_MEMORY),
        "GET scripts": fixed({"txt2img": scripts, "img2img": [*scripts, "adetailer", "sd upscale"]}),
        "GET script-info": fixed([]),
        "GET cmd-flags": refused if studio.flavour == "forge" else fixed({"api": True}),
    }
    table = {(key.split()[0], f"/sdapi/v1/{key.split()[1]}"): answer for key, answer in own.items()}
    for path in _extra(studio):
        table["GET", path] = fixed(_extra(studio)[path])
    table["GET", "/lying/account"] = lambda _: studio.account.told()
    return table


def _extra(studio: Studio) -> dict[str, Any]:
    """Return the lists that not every flavour has."""
    extra: dict[str, Any] = {}
    vae = [{"model_name": "vae-ft-mse-840000.safetensors", "filename": "/models/VAE/vae-ft-mse.safetensors"}]
    extra["/sdapi/v1/sd-modules" if studio.flavour == "forge" else "/sdapi/v1/sd-vae"] = vae
    if studio.flavour == "sdnext":
        extra["/sdapi/v1/version"] = {"app": "sd.next", "updated": "2025-02-01", "hash": VERSIONS["sdnext"]}
    else:
        listed = [{"name": name, "label": label} for name, label in SCHEDULERS.items()]
        extra["/sdapi/v1/schedulers"] = listed
    if studio.has_controlnet:
        extra["/controlnet/model_list"] = {"model_list": ["None", *CONTROL_MODELS]}
        extra["/controlnet/module_list"] = {"module_list": list(CONTROL_MODULES)}
    return extra


def _error(flavour: str, status: int, detail: object, kind: str = "HTTPException") -> bytes:
    told = {"error": kind, "detail": detail, "body": "", "errors": ""}
    if kind == "OutOfMemoryError":
        told["errors"] = "CUDA out of memory. Tried to allocate 20.00 MiB"
    if kind == "NansException":
        told["errors"] = "A tensor with all NaNs was produced in Unet."
    if flavour == "forge":
        told = {"detail": detail, **({"message": told["errors"] or kind} if status == 500 else {})}
    return json.dumps(told).encode()


class Server(ThreadingHTTPServer):
    """Lets clients hang up, which is part of what is tried."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running(
    studio: Studio,
    *,
    auth: str | None = None,
    late_seconds: float = 1.0,
    port: int = 0,
    certificate: Path | None = None,
) -> Iterator[Running]:
    """Serve a studio on a port of this machine, over TLS if there is a certificate with its key."""
    members = {"studio": studio, "auth": auth, "late_seconds": late_seconds}
    server = Server(("127.0.0.1", port), type("LyingHandler", (Handler,), members))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    scheme = "https" if certificate else "http"
    try:
        yield Running(f"{scheme}://127.0.0.1:{server.server_port}", studio)
    finally:
        server.shutdown()
        thread.join()
        studio.close()
        server.server_close()


def main() -> None:
    """Serve until the program is ended."""
    sys.setswitchinterval(0.0005)  # the next job shall not wait for the interpreter
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lora-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0, help="a picture's whole time")
    parser.add_argument("--flavour", choices=tuple(VERSIONS), default="a1111")
    parser.add_argument("--auth", help="user:password")
    parser.add_argument("--faults", default="", help="NAME@NUMBER or NAME:RATE, parted by commas")
    parser.add_argument("--prepared", action="store_true", help="paint each kind of request but once")
    parser.add_argument("--random-seed", type=int, default=1)
    parser.add_argument("--late-seconds", type=float, default=1.0)
    args = parser.parse_args()
    plan = parsed(args.faults, args.random_seed)
    studio = Studio(args.lora_dir, plan, args.flavour, args.seconds, prepared=args.prepared)
    with running(studio, auth=args.auth, late_seconds=args.late_seconds, port=args.port) as server:
        print(f"ready {server.url}", flush=True)  # noqa: T201 - how a program tells its address
        threading.Event().wait()


if __name__ == "__main__":
    main()
