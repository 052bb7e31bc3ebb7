"""A real WebUI for tests: reached where it runs, or started, killed and ended by its command."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from orchestrator.webui.client import Client
from orchestrator.webui.settings import WebUISettings

PATIENCE = 1800  # seconds; on two cores that others use too, loading a model has taken a minute
_PAUSE = 0.5


class RealWebUI:
    """The WebUI that the environment names."""

    def __init__(self, log: Path) -> None:
        self.url = os.environ["WEBUI_URL"].rstrip("/")
        self.loras = Path(os.environ["WEBUI_LORA_DIR"])
        self.command: tuple[str, ...] = tuple(json.loads(os.environ.get("WEBUI_COMMAND", "[]")))
        self._log = log
        self._program: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> dict[str, object]:
        """What a project says of it."""
        patience = {"ready_timeout": PATIENCE, "read_timeout": PATIENCE}
        return {"url": self.url, "lora_dir": str(self.loras), **patience}

    @property
    def client(self) -> Client:
        return Client(self.url, WebUISettings.model_validate(self.settings))

    @property
    def checkpoint(self) -> str:
        """The file that it paints with, as it sees it."""
        with self.client as client:
            title = str(client.options()["sd_model_checkpoint"]).partition(" [")[0]
            (found,) = [each for each in client.models() if each.title.partition(" [")[0] == title]
            return str(found.filename)

    @property
    def listener(self) -> psutil.Process | None:
        """The process that listens at its address; None when nobody does."""
        port = urlsplit(self.url).port
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr.port == port and each.pid:
                return psutil.Process(each.pid)
        return None

    def start(self) -> None:
        """Have it started; it is not ready before long."""
        with self._log.open("ab") as log:
            self._program = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self) -> None:
        """Kill it with -9, and wait until it is gone."""
        if listener := self.listener:
            listener.kill()
            listener.wait(PATIENCE)
        if self._program:
            self._program.wait(PATIENCE)

    def is_up(self) -> bool:
        """Wait until it listens."""
        deadline = time.monotonic() + PATIENCE
        while self.listener is None and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        return self.listener is not None
