"""Real media, made by ffmpeg's own test sources."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from orchestrator.media.binary import ffmpeg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[str, str], Path]

PICTURE = "-f lavfi -i testsrc2=size=96x64:rate=25:duration=2"
NTSC = "-f lavfi -i testsrc2=size=96x64:rate=30000/1001:duration=2"
SINE = "-f lavfi -i sine=frequency=440:duration=2"


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a function that runs ffmpeg with some arguments for a file of some name, once for all tests."""
    made: dict[tuple[str, str], Path] = {}

    def build(name: str, arguments: str) -> Path:
        if (name, arguments) not in made:
            target = tmp_path_factory.mktemp("made") / name
            subprocess.run([ffmpeg(), "-loglevel", "error", *arguments.split(), target], check=True)
            made[name, arguments] = target
        return made[name, arguments]

    return build


@pytest.fixture(scope="session")
def short_shots(make: Make) -> Callable[[str], Path]:
    """Return a function for 2 s at 30000/1001 fps with B-frames and a keyframe every 12 frames."""
    return lambda name: make(name, f"{NTSC} -c:v libx264 -g 12 -bf 3 -x264-params open-gop=1")


@pytest.fixture(scope="session")
def variable(make: Make) -> Path:
    """23 frames at a variable rate: multiples of 3 and of 5 of 1/25 s."""
    keep = "select='not(mod(n,3))+not(mod(n,5))'"
    return make("variable.mp4", f"{PICTURE} -vf {keep} -fps_mode passthrough -c:v libx264 -bf 0")


@pytest.fixture(scope="session")
def with_sound(make: Make) -> Path:
    """2 s with one track of AAC."""
    return make("with_sound.mp4", f"{PICTURE} {SINE} -c:v libx264 -c:a aac")
