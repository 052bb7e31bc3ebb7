"""A short clip with a cut."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import Clip, cut
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def video(bikes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames around a cut of the street video, made small."""
    small = tmp_path_factory.mktemp("media") / "small.mkv"
    part = ["-ss", "9.44", "-i", bikes, "-frames:v", "12", "-vf", "scale=160:68", "-c:v", "ffv1"]
    subprocess.run([ffmpeg(), *part, small], check=True, capture_output=True)
    return small


@pytest.fixture(scope="session")
def clip(video: Path) -> Clip:
    """All of it."""
    return cut(probe(video), None, None)
