"""Whatever a server does, the user gets one error of ours, of the right kind."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import time
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from orchestrator.errors import (
    WebUIError,
    WebUIFailed,
    WebUINonsense,
    WebUIRefused,
    WebUIUnauthorized,
    WebUIUnreachable,
)
from orchestrator.webui import transport
from orchestrator.webui.client import Client
from orchestrator.webui.settings import WebUISettings
from orchestrator.webui.wire import Img2ImgRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from staged_server import Handler, Staged

REQUEST = Img2ImgRequest(
    init_images=("",),
    prompt="",
    seed=1,
    width=64,
    height=64,
    sampler_name="Euler",
    steps=1,
    cfg_scale=1,
    denoising_strength=0.5,
)
A1111_500 = {"error": "OutOfMemoryError", "detail": "", "body": "", "errors": "out of\n memory"}
PYDANTIC_422 = {"detail": [{"loc": ["body", "steps"], "msg": "value is not an integer", "type": "x"}]}


def client(url: str, **settings: object) -> Client:
    return Client(url, WebUISettings(url=url, **settings))


def cut_off(handler: Handler) -> None:
    handler.send(b'{"images": [', **{"Content-Length": "1000"})
    handler.close_connection = True


def silence(handler: Handler) -> None:
    time.sleep(0.6)
    handler.send_value({})


FAULTS: dict[str, tuple[Callable[[Handler], None], type[WebUIError], str]] = {
    "HTML": (lambda h: h.send(b"<html>", kind="text/html"), WebUINonsense, "text/html instead of JSON"),
    "HTML 502": (lambda h: h.send(b"<h1>", status=502, kind="text/html"), WebUINonsense, "status 502"),
    "broken JSON": (lambda h: h.send(b'{"images": '), WebUINonsense, "instead of JSON"),
    "another shape": (lambda h: h.send_value({"pictures": []}), WebUINonsense, "images"),
    "no picture": (lambda h: h.send_value({"images": [], "info": "{}"}), WebUINonsense, "images"),
    "broken info": (lambda h: h.send_value({"images": ["x"], "info": "{"}), WebUINonsense, "info"),
    "401": (lambda h: h.send_value({"detail": "Not authenticated"}, status=401), WebUIUnauthorized, "401"),
    "500 of A1111": (lambda h: h.send_value(A1111_500, status=500), WebUIFailed, "out of memory"),
    "500 of Forge": (lambda h: h.send_value({"message": "no GPU"}, status=500), WebUIFailed, "no GPU"),
    "422": (lambda h: h.send_value(PYDANTIC_422, status=422), WebUIRefused, "body.steps: value is not"),
    "404": (lambda h: h.send_value({"detail": "Not Found"}, status=404), WebUIRefused, "--api"),
    "redirection": (lambda h: h.send(b"", status=302, Location="/login"), WebUINonsense, "status 302"),
    "cut off": (cut_off, WebUIUnreachable, "dropped the connection"),
    "dropped": (lambda h: h.connection.shutdown(socket.SHUT_RDWR), WebUIUnreachable, "dropped"),
    "silence": (silence, WebUIUnreachable, "fell silent"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_error_and_is_not_sent_again(staged: Staged, fault: str) -> None:
    """A picture is asked for once, whatever comes back; the message tells the fault and no password."""
    answer, kind, words = FAULTS[fault]
    staged.answers["img2img"] = answer
    with (
        client(staged.url, auth="me:hunter2", read_timeout=0.3) as webui,
        pytest.raises(kind) as caught,
    ):
        webui.img2img(REQUEST)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert staged.asked == [("POST", "img2img")]
    assert staged.credentials == ["Basic bWU6aHVudGVyMg=="]


def test_a_password_may_be_in_any_script(staged: Staged) -> None:
    """It travels as UTF-8."""
    staged.answers["loras"] = lambda h: h.send_value([])
    with client(staged.url, auth="ich:пароль") as webui:
        assert webui.loras() == []
    assert staged.credentials == ["Basic " + base64.b64encode("ich:пароль".encode()).decode()]


def test_a_refused_connection_is_told_within_a_second() -> None:
    """An address where nobody listens costs no long wait."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        before = time.monotonic()
        with client(url) as webui, pytest.raises(WebUIUnreachable, match="nobody answers"):
            webui.img2img(REQUEST)
        assert time.monotonic() - before < 1


def test_reading_is_repeated_over_a_short_outage(staged: Staged) -> None:
    """A list that is asked for while a gateway hiccups is asked for again."""
    statuses = iter([503, 503, 200])
    staged.answers["loras"] = lambda h: h.send_value([{"name": "a"}], status=next(statuses))
    with client(staged.url) as webui:
        assert [entry.name for entry in webui.loras()] == ["a"]
    assert len(staged.asked) == 3


def test_a_gateway_cannot_make_us_wait_for_hours(staged: Staged) -> None:
    """Its Retry-After is not obeyed: an outage is over soon, or told."""
    before = time.monotonic()
    staged.answers["loras"] = lambda h: h.send(b"{}", status=503, **{"Retry-After": "3600"})
    with client(staged.url) as webui, pytest.raises(WebUIFailed, match="503"):
        webui.loras()
    assert time.monotonic() - before < 2


def test_an_answer_that_trickles_in_is_given_up(staged: Staged) -> None:
    """A byte now and then keeps no request alive."""

    def trickle(handler: Handler) -> None:
        handler.send(b"", **{"Content-Length": "1000"})
        for _ in range(20):
            handler.wfile.write(b" ")
            time.sleep(0.1)
        handler.close_connection = True

    staged.answers["img2img"] = trickle
    with (
        client(staged.url, read_timeout=0.3) as webui,
        pytest.raises(WebUIUnreachable, match="too slowly"),
    ):
        webui.img2img(REQUEST)


def test_headers_for_gateways_are_sent(staged: Staged) -> None:
    """Each request carries them, and no message shows them."""
    seen = []

    def answer(handler: Handler) -> None:
        seen.append(handler.headers.get("CF-Access-Client-Secret"))
        handler.send_value({"detail": "not you"}, status=404)

    staged.answers["loras"] = answer
    settings = {"headers": {"CF-Access-Client-Secret": "hunter2"}}
    with client(staged.url, **settings) as webui, pytest.raises(WebUIRefused) as caught:
        webui.loras()
    assert seen == ["hunter2"]
    assert "hunter2" not in str(caught.value)


def test_an_answer_without_end_is_cut_short(staged: Staged, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot fill our memory."""
    monkeypatch.setattr(transport, "_MAX_ANSWER", 1 << 20)
    staged.answers["loras"] = lambda h: h.send(json.dumps(["x" * (2 << 20)]).encode())
    with client(staged.url) as webui, pytest.raises(WebUINonsense, match="larger than 1 MiB"):
        webui.loras()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "ftp://host"),
        ("url", "127.0.0.1:7860"),
        ("url", "http://me:hunter2@host"),
        ("url", "http://host:99999"),
        ("auth", "hunter2"),
        ("auth", "me:hunter2,you:hunter2"),
    ],
)
def test_wrong_addresses_are_refused_without_repeating_a_password(field: str, value: str) -> None:
    """The settings say what is wrong with an address or login, and never what the password is."""
    with pytest.raises(ValidationError) as caught:
        WebUISettings(**{field: value})
    messages = [error["msg"] for error in caught.value.errors()]
    assert messages
    assert "hunter2" not in " ".join(messages)


def test_one_connection_serves_many_requests(staged: Staged) -> None:
    """It is kept alive from one request to the next, whatever was answered."""
    connections = set()

    def answer(handler: Handler) -> None:
        connections.add(handler.client_address)
        handler.send_value([{"name": "a" * (1 << 18)}])

    staged.answers["loras"] = answer
    with client(staged.url) as webui:
        for _ in range(4):
            webui.loras()
    assert len(connections) == 1


def test_an_answer_may_come_in_chunks_and_compressed(staged: Staged) -> None:
    """Gateways send answers on in their own form."""

    def answer(handler: Handler) -> None:
        body = gzip.compress(json.dumps([{"name": "a" * 100_000}]).encode())
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        for part in (body[:7], body[7:]):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        handler.wfile.write(b"0\r\n\r\n")

    staged.answers["loras"] = answer
    with client(staged.url) as webui:
        assert [len(webui.loras()[0].name) for _ in range(2)] == [100_000, 100_000]
