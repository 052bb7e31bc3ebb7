"""A folder of pictures that other programs can work with, and that still knows its times."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.files import replacing, storage_errors, write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence
    from orchestrator.media.clip import Clip

LIST = "frames.ffconcat"
_CLOCK = 90_000  # ticks a second, in which ffmpeg shall keep the times: its own for pictures are 25
_FRAME = re.compile(r"\d{6}\.png")


def lay_out(frames: FrameSequence, clip: Clip, folder: Path) -> None:
    """Put frames into a folder as `000000.png`, `000001.png`, … with a list that plays them at their times.

    `ffmpeg -safe 0 -i frames.ffconcat` reads the list. Frames of an earlier, longer clip go; what else
    lies there stays.

    Args:
        frames: the pictures.
        clip: their times.
        folder: where they shall lie; made if it is not there.

    Raises:
        NotWritable, DiskFull: the disk does not let us.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {frames.path(index).name for index in range(frames.count)}
        for stale in folder.iterdir():
            if _FRAME.fullmatch(stale.name) and stale.name not in wanted:
                stale.unlink()
    for index in range(frames.count):
        _copy(frames.path(index), folder / frames.path(index).name)
    write_bytes(folder / LIST, "\n".join(_listed(frames, clip)).encode())


def _listed(frames: FrameSequence, clip: Clip) -> Iterator[str]:
    yield "ffconcat version 1.0"
    for index, (begin, end) in enumerate(pairwise((*clip.times, clip.duration))):
        yield f"file {frames.path(index).name}"
        yield f"option framerate {_CLOCK}"
        yield f"duration {float(end - begin):.6f}"
    yield ""


def _copy(made: Path, target: Path) -> None:
    if target.is_file() and _state(target) == _state(made):
        return
    with replacing(target) as partial:
        shutil.copy2(made, partial)


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns
