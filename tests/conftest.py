"""What many tests share: real videos."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

# A shell that starts us in the background has us ignore Ctrl-C, and with us all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

MEDIA = Path(__file__).parents[1] / "examples" / "quickstart" / "media"


def _video(name: str) -> Path:
    path = MEDIA / name
    if not path.is_file():
        pytest.skip(f"{path.name} is not there; `make media` fetches it")
    return path


@pytest.fixture(scope="session")
def bikes() -> Path:
    """A street: 640x272, 25 fps, 250 frames, shot cuts, no sound."""
    return _video("bikes.mp4")


@pytest.fixture(scope="session")
def bunny() -> Path:
    """A film: 1280x720, 25 fps, 132 frames, 5.1 sound."""
    return _video("bigbuckbunny.mp4")


@pytest.fixture(scope="session")
def carphone() -> Path:
    """A man talking in a driving car: 176x144, 29.97 fps, 120 frames, one shot, no sound."""
    return _video("carphone_pristine.mp4")
