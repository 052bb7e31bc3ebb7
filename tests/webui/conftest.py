"""The fixtures of the WebUI's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from staged_server import Staged, staged_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def staged() -> Iterator[Staged]:
    """A server whose answers a test fills in."""
    with staged_server() as stage:
        yield stage
