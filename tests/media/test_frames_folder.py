from __future__ import annotations

import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.artifacts import FrameSequence
from orchestrator.errors import NotWritable
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import Clip, cut
from orchestrator.media.decode import frames, one
from orchestrator.media.frames_folder import LIST, lay_out
from orchestrator.media.pictures import read, write_png
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[str, str], Path]


def _painted(clip: Clip, folder: Path) -> FrameSequence:
    sequence = FrameSequence(folder, clip.count)
    for index, frame in enumerate(frames(clip)):
        write_png(sequence.path(index), frame)
    return sequence


def test_a_folder_of_frames_plays_at_its_times(make: Make, tmp_path: Path) -> None:
    """Pictures are the frames to the bit, and ffmpeg reads each at the source's time."""
    ntsc = (
        "-f lavfi -i testsrc2=size=96x64:rate=30000/1001:duration=1 -vf select='not(mod(n,3))+not(mod(n,5))'"
    )
    clip = cut(probe(make("phone.mp4", f"{ntsc} -fps_mode passthrough -c:v libx264 -bf 0")), None, None)
    folder = tmp_path / "frames"
    lay_out(_painted(clip, tmp_path / "made"), clip, folder)
    assert np.array_equal(read(folder / "000003.png"), one(clip, 3))
    exact = ["-fps_mode", "passthrough", "-c:v", "ffv1"]
    video = tmp_path / "played.mkv"
    subprocess.run(
        [ffmpeg(), "-loglevel", "error", "-safe", "0", "-i", folder / LIST, *exact, video], check=True
    )
    played = probe(video)
    assert played.count == clip.count
    shown = [time - played.times[0] for time in played.times]
    assert all(abs(a - b) <= Fraction(1, 1000) for a, b in zip(shown, clip.times, strict=True))


def test_only_our_own_frames_are_replaced(variable: Path, tmp_path: Path) -> None:
    """Frames of an earlier run go, unchanged ones are left alone, and what is not ours stays."""
    whole, folder = cut(probe(variable), None, None), tmp_path / "frames"
    lay_out(_painted(whole, tmp_path / "made"), whole, folder)
    (folder / "notes.txt").write_text("mine")
    before = (folder / "000001.png").stat().st_ino
    short = cut(probe(variable), None, Fraction(1, 2))
    lay_out(FrameSequence(tmp_path / "made", short.count), short, folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {*(f"{index:06d}.png" for index in range(short.count)), "notes.txt", LIST}
    assert (folder / "000001.png").stat().st_ino == before


def test_a_file_in_the_folders_place_is_told(variable: Path, tmp_path: Path) -> None:
    """A folder cannot be made where a file lies."""
    clip = cut(probe(variable), None, Fraction(1, 5))
    (tmp_path / "frames").write_text("a file")
    with pytest.raises(NotWritable):
        lay_out(_painted(clip, tmp_path / "made"), clip, tmp_path / "frames")
