"""A picture that is asked for again after a passing fault, and never while it may still be under way.

A WebUI goes on painting when its client has given up. So before a request is sent a second time, the WebUI is
watched until it has nothing to do; a job that stands still is interrupted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from orchestrator.errors import WebUIFailed, WebUINonsense, WebUIUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.webui.client import Client
    from orchestrator.webui.wire import Img2ImgAnswer, Img2ImgRequest, ProgressAnswer

PASSING = (WebUIUnreachable, WebUIFailed, WebUINonsense)
"""Faults that may be gone the next time: no answer, a failure of the server's own, a gateway's page."""

_LOOK_AGAIN = 0.1  # seconds between two looks at what a WebUI is doing
_IDLE_LOOKS = 2  # in a row: between two jobs there is an instant without any
_FIRST_PAUSE = 0.25  # seconds before a second attempt; doubled for each further one


def img2img(
    client: Client,
    request: Img2ImgRequest,
    *,
    attempts: int = 3,
    hang_timeout: float = 120.0,
    read_timeout: float | None = None,
) -> Img2ImgAnswer:
    """Paint, and ask again after a fault that may pass.

    Other threads that paint with this client wait while it is not known what became of a request.

    Args:
        client: the WebUI.
        request: what to paint.
        attempts: how often it is sent at most.
        hang_timeout: seconds without progress after which a job is interrupted.
        read_timeout: seconds of silence to bear; the settings' when None.

    Raises:
        WebUIUnreachable, WebUIFailed, WebUINonsense: the last attempt's fault, or it hangs for good.
        WebUIError: any other fault, at once.
    """
    for attempt in range(1, attempts):
        client.line.wait()
        try:
            return client.img2img(request, read_timeout=read_timeout)
        except PASSING:
            with client.line.doubt():
                settle(client, hang_timeout=hang_timeout)
            time.sleep(_FIRST_PAUSE * 2 ** (attempt - 1))
    client.line.wait()
    return client.img2img(request, read_timeout=read_timeout)


def settle(client: Client, *, hang_timeout: float) -> None:
    """Wait until a WebUI has nothing to do, and interrupt what stands still.

    Raises:
        WebUIUnreachable: nobody answers any more, or interrupting did not help.
        WebUIError: it does not tell.
    """
    idle_looks, interrupted = 0, False
    before, moved_at = None, time.monotonic()
    for told in _looks(client):
        idle_looks = idle_looks + 1 if told.state.is_idle else 0
        if idle_looks == _IDLE_LOOKS:
            return
        if _position(told) != before:
            before, moved_at, interrupted = _position(told), time.monotonic(), False
        elif time.monotonic() - moved_at > hang_timeout:
            if interrupted:
                raise _stuck(client, hang_timeout)
            client.interrupt()
            moved_at, interrupted = time.monotonic(), True


def _looks(client: Client) -> Iterator[ProgressAnswer]:
    while True:
        yield client.progress()
        time.sleep(_LOOK_AGAIN)


def _position(told: ProgressAnswer) -> tuple[object, ...]:
    """Return what changes while a job gets on, and only then."""
    state = told.state
    return told.progress, state.job, state.job_timestamp, state.job_no, state.sampling_step


def _stuck(client: Client, hang_timeout: float) -> WebUIUnreachable:
    return WebUIUnreachable(
        f"the WebUI stands still: no progress for {hang_timeout:g} s, nor after it was interrupted",
        where=client.url,
        remedy="Restart it, or let it be started and watched here: webui.command.",
    )
