"""`orchestrate deflicker`: a folder of frames, and the video that they were made of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from orchestrator.cli.main import main
from orchestrator.media import pictures
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import cut
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe


@pytest.fixture
def restyled(bikes: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A small video of five frames, and a folder with frames of it that flicker, at another size."""
    video, folder = tmp_path / "small.mkv", tmp_path / "out"
    part = ["-i", bikes, "-frames:v", "5", "-vf", "scale=160:68", "-c:v", "ffv1"]
    subprocess.run([ffmpeg(), *part, video], check=True, capture_output=True)
    folder.mkdir()
    for index, frame in enumerate(frames(cut(probe(video), None, None), size=(192, 80))):
        pictures.write_png(folder / f"out_{index}.png", frame // 2 + 60 * (index % 2))
    return folder, video


def light(folder: Path) -> list[float]:
    return [float(pictures.read(path).mean()) for path in sorted(folder.iterdir())]


def test_frames_lie_beside_under_their_own_names(restyled: tuple[Path, Path]) -> None:
    """They flicker less than those they were made of, which stay as they are."""
    folder, video = restyled
    before = light(folder)
    assert main(["deflicker", str(folder), str(video)]) == 0
    steady = folder.with_name("out-steady")
    assert [path.name for path in sorted(steady.iterdir())] == [f"out_{index}.png" for index in range(5)]
    assert np.abs(np.diff(light(steady))).mean() < 0.5 * np.abs(np.diff(before)).mean()
    assert light(folder) == before


def test_frames_of_another_video_are_refused(
    restyled: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Four frames are not five, and nothing is written over what was given."""
    folder, video = restyled
    assert main(["deflicker", str(folder), str(video), "--to", str(folder)]) != 0
    (folder / "out_4.png").unlink()
    assert main(["deflicker", str(folder), str(video)]) != 0
    assert "4 restyled frames" in capsys.readouterr().err
    assert not folder.with_name("out-steady").exists()
