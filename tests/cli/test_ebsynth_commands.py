"""`orchestrate ebsynth export` and `import`: a project, EbSynth's place taken by a few lines, and a video."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from small_project import PROJECT, make_video, orchestrate

from orchestrator.artifacts import frame_name
from orchestrator.cli.main import main
from orchestrator.errors import FfmpegError, ImageError, NotWritable
from orchestrator.media import decode, pictures
from orchestrator.media.clip import Clip
from orchestrator.media.probe import probe

LEFT_HALF = "regions: [{where: {polygon: [{points: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}]}, feather: 0}]\n"


def carry(folder: Path) -> None:
    """Have every frame in a key's range look as the key does: what EbSynth makes of a still."""
    for line in (folder / "ranges.txt").read_text().splitlines():
        if not line.startswith("#"):
            key, first, last, name = line.split()
            data = (folder / "keys" / f"{key}.png").read_bytes()
            (folder / name).mkdir()
            for index in range(int(first), int(last) + 1):
                (folder / name / f"{index:05d}.png").write_bytes(data)


def test_a_project_goes_to_ebsynth_and_comes_back_as_a_video(project: Path) -> None:
    """The first command paints, and says the second; that keeps the clip's time, sound and outside."""
    clip = PROJECT.replace("{video: street.mp4}", "{video: street.mp4, start: 0.08s}")
    (project / "project.yaml").write_text(clip + LEFT_HALF)
    sent = orchestrate("ebsynth", "export", "project.yaml", "--to", "eb", cwd=project)
    assert sent.code == 0, sent.err
    assert "stylize" in sent.out
    carry(project / "eb")
    told = next(line for line in sent.out.splitlines() if line.startswith("then"))
    _, *then = shlex.split(told.removeprefix("then"))
    taken = orchestrate(*then, "--to", "frames", "--video", "out.mp4", cwd=project)
    assert taken.code == 0, taken.err
    made = probe(project / "out.mp4")
    assert (made.count, made.size, float(made.duration)) == (8, (64, 48), pytest.approx(0.32))
    assert [float(track.duration) for track in made.audio] == [pytest.approx(0.32, abs=0.03)]
    source = Clip(probe(project / "street.mp4"), 2, 10)
    for index, frame in enumerate(decode.frames(source)):
        assert np.array_equal(pictures.read(project / "frames" / frame_name(index))[:, 33:], frame[:, 33:])
    keys = list((project / "eb" / "keys").iterdir())
    assert 0 < len(keys) < 8
    for key in keys:
        assert np.array_equal(pictures.read(project / "frames" / key.name), pictures.read(key))
    again = orchestrate("ebsynth", "export", "project.yaml", "--to", "eb", cwd=project)
    assert again.code == NotWritable.exit_code


def test_mistakes_are_told_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No outputs, a video that cannot be, and times that are none."""
    video = make_video(tmp_path / "street.mp4")
    into = ["ebsynth", "import", str(tmp_path), str(video)]
    assert main(into) == ImageError.exit_code
    assert "no folder out_" in capsys.readouterr().err
    assert main([*into, "--video", "out.txt"]) == FfmpegError.exit_code
    assert ".mp4" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*into, "--start", "soon"])
    assert not (tmp_path / "blended").exists()
