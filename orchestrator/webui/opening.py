"""Reaching a WebUI that can paint: the only place that tells those started here from others."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from orchestrator.errors import EffectMissing, WebUIError
from orchestrator.webui import catalogue, embedded, flavour, readiness
from orchestrator.webui.client import Client
from orchestrator.webui.settings import EMBEDDED
from orchestrator.webui.supervision import Supervised, commanded, watched
from orchestrator.webui.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.webui.catalogue import Catalogue
    from orchestrator.webui.settings import WebUISettings
    from orchestrator.webui.supervision import Start
    from orchestrator.webui.wire import GenerationInfo

_PAUSE = 0.5  # seconds between two probes while a WebUI starts


class Server:
    """A WebUI, through all its restarts.

    Attributes:
        client: what talks to it.
        settings: what the user said of it.
        watch: looks at it while it paints.
        checkpoint: what it paints with, `name [hash]`; known once it has painted.
        version: of the program, as it tells it; likewise.
        catalogue: what it has to choose from; likewise.
    """

    catalogue: Catalogue

    def __init__(self, client: Client, settings: WebUISettings, program: Supervised | None) -> None:
        self.client = client
        self.settings = settings
        self.watch = Watch(client)
        self.checkpoint = ""
        self.version = ""
        self._program = program
        self._recovering = Lock()

    @property
    def name(self) -> str:
        """Its address."""
        return self.client.url

    @property
    def in_flight(self) -> int:
        """How many requests are under way there at a time."""
        return self.settings.in_flight

    @property
    def patience(self) -> float:
        """Seconds that it may stay away."""
        return self.settings.ready_timeout

    def frame_finished(self) -> None:
        """Take note that it does what it is for."""
        if self._program is not None:
            self._program.frame_finished()

    def recover(self) -> None:
        """Make sure that it can paint, with what it painted with before; start it anew if it is ours.

        Raises:
            WebUIError: it cannot be reached, or cannot paint.
            WebUICrashed: it was started here, and ended too often.
            EffectMissing: it came back with another checkpoint.
        """
        with self._recovering:  # two pools may find out at once that it is not well
            if self._program is not None:
                self._program.ensure_running()
            self.make_ready()

    def make_ready(self) -> None:
        """Wait until it can paint. Raises as `recover`, but WebUICrashed."""
        info = self._probed()
        painted_with = checkpoint(info)
        if self.checkpoint not in ("", painted_with):
            raise EffectMissing(
                f"the WebUI came back with another checkpoint: expected {self.checkpoint},"
                f" got {painted_with}",
                where=self.client.url,
                remedy="Choose the same checkpoint there again, or name one in webui.checkpoint.",
            )
        self.checkpoint = painted_with
        self.version = info.version or ""
        self.catalogue = catalogue.load(self.client, flavour.detect(self.client, self.version))

    def _probed(self) -> GenerationInfo:
        deadline = time.monotonic() + self.settings.ready_timeout
        while True:
            try:
                return readiness.probe(
                    self.client,
                    checkpoint=self.settings.checkpoint,
                    read_timeout=self.settings.ready_timeout,
                )
            except WebUIError as error:
                self._check_coming(error, deadline)
            time.sleep(_PAUSE)

    def _check_coming(self, error: WebUIError, deadline: float) -> None:
        """Raise the error unless it is one of a WebUI that was started here and is on its way."""
        if self._program is None:
            raise error
        self._program.check_alive()
        if time.monotonic() > deadline:
            self._program.end("it did not become ready in time")
            raise error


@contextmanager
def opened(settings: WebUISettings, *, model: str, lora_dir: Path, log: Path) -> Iterator[Server]:
    """Yield the WebUI that the settings name, ready to paint.

    Args:
        settings: which WebUI.
        model: what the embedded WebUI paints with: `pocket`, or the path of a checkpoint.
        lora_dir: where the embedded WebUI looks for LoRAs.
        log: the output of a WebUI that is started here is added to this file.

    Raises:
        WebUIError: it cannot be reached, or cannot paint.
    """
    with ExitStack() as stack:
        program = None
        if settings.is_ours:
            start = _start(settings, model, lora_dir, log)
            program = stack.enter_context(Supervised(start, restarts=settings.restarts, log=log))
        client = stack.enter_context(Client(program.url if program else settings.url, settings))
        server = Server(client, settings, program)
        server.make_ready()
        stack.enter_context(server.watch)
        if program is not None:
            stack.enter_context(watched(program, settings, server.watch.idle_for))
        yield server


@contextmanager
def reached(settings: WebUISettings) -> Iterator[Server]:
    """Yield a WebUI that runs by itself, ready to paint.

    Raises:
        WebUIError: it cannot be reached, or cannot paint.
    """
    with Client(settings.url, settings) as client:
        server = Server(client, settings, None)
        server.make_ready()
        with server.watch:
            yield server


def _start(settings: WebUISettings, model: str, lora_dir: Path, log: Path) -> Start:
    if settings.url != EMBEDDED:
        return lambda _: commanded(settings, log)
    serving = partial(embedded.serving, settings, model=model, lora_dir=lora_dir, log=log)
    return lambda before: serving(before=before)


def checkpoint(info: GenerationInfo) -> str:
    """Return what painted an answer, `name [hash]`."""
    return f"{info.sd_model_name} [{info.sd_model_hash}]"
