from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from embedded_server import PASSWORD, USER, Server, running, save_lora

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    loras = tmp_path_factory.mktemp("loras")
    with (
        running(loras, "--api-auth", f"{USER}:{PASSWORD}") as (process, address),
        requests.Session() as session,
    ):
        session.auth = (USER, PASSWORD)
        yield Server(address, loras, session, process)


@pytest.fixture
def write_lora(server: Server) -> Iterator[Callable[..., Path]]:
    """Write small random LoRAs for pocket into the server's folder, and take them away again."""
    written = []

    def write(name: str, *, seed: int = 0, size: float = 0.5, **metadata: str) -> Path:
        path = server.loras / f"{name}.safetensors"
        save_lora(path, seed=seed, size=size, metadata=metadata)
        written.append(path)
        return path

    yield write
    for path in written:
        path.unlink(missing_ok=True)
