"""Painting a clip: every frame once, whatever happens in between."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import resumable_run
from resumable_run import COURSE, CUT, SETTINGS, SlowEngine

from orchestrator import digest
from orchestrator.errors import MediaError, NotWritable, WebUIUnreachable
from orchestrator.media import pictures
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import Clip, cut
from orchestrator.media.decode import frames as decoded
from orchestrator.media.probe import probe
from orchestrator.metrics.warp_error import warp_error
from orchestrator.progress import Silent
from orchestrator.stylization.canvas import Canvas
from orchestrator.stylization.settings import ConsistencySettings, StylizeSettings
from orchestrator.stylization.stylize import stylize

if TYPE_CHECKING:
    from orchestrator.artifacts import FrameSequence
    from orchestrator.stylization.engine import Engine, Paint, Painted

OFF = SETTINGS.model_copy(update={"consistency": ConsistencySettings(mode="off")})


ROOT = Path(__file__).parents[2]


def run(clip: Clip, engine: Engine, folder: Path, settings: StylizeSettings = SETTINGS) -> FrameSequence:
    return stylize(clip, engine, folder, COURSE, settings, cuts=(CUT,), progress=Silent())


def pixels(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "frames").iterdir())}


def journal(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def undisturbed(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing has happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run(clip, SlowEngine(0), folder)
    return folder


class FailingEngine(SlowEngine):
    """Loses its WebUI at the fifth picture."""

    def painted(self, paint: Paint, content: int) -> Painted:
        if len(self.inits) == 4:
            raise WebUIUnreachable("gone")
        return super().painted(paint, content)


def test_every_frame_is_painted_once_and_journaled(clip: Clip, undisturbed: Path) -> None:
    """There is one picture of the clip's size for each frame, with one line that tells how it came about."""
    entries = journal(undisturbed)
    assert [entry["index"] for entry in entries] == list(range(clip.count))
    assert list(pixels(undisturbed)) == [f"{index:06d}.png" for index in range(clip.count)]
    for entry in entries:
        picture = pictures.read(undisturbed / "frames" / f"{entry['index']:06d}.png")
        assert picture.shape[1::-1] == clip.size
        assert entry["pixels"] == digest.of_bytes(picture.tobytes())
        assert (entry["seed"], entry["strength"], entry["told"]) == (7, 0.3, "Steps: 1, Seed: 7")


def test_a_second_run_paints_nothing(clip: Clip, undisturbed: Path) -> None:
    """What is finished is finished."""
    before, engine = pixels(undisturbed), SlowEngine(0)
    run(clip, engine, undisturbed)
    assert engine.inits == []
    assert pixels(undisturbed) == before


def test_a_lost_webui_costs_only_what_was_not_finished(clip: Clip, undisturbed: Path, tmp_path: Path) -> None:
    """An error in the middle keeps what is finished, and the next run goes on to the same pixels."""
    with pytest.raises(WebUIUnreachable):
        run(clip, FailingEngine(0), tmp_path)
    assert len(pixels(tmp_path)) == 4
    engine = SlowEngine(0)
    run(clip, engine, tmp_path)
    assert len(engine.inits) == clip.count - 4
    assert pixels(tmp_path) == pixels(undisturbed)


@pytest.mark.parametrize(("batch", "looks"), [(1, "ahead"), (5, "ahead"), (1, "looks back")])
def test_killed_at_any_instant_it_goes_on_to_the_same_pixels(
    clip: Clip,
    video: Path,
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    batch: int,
    looks: str,
) -> None:
    """After each kill -9 the finished frames stay untouched, and the end is byte for byte the same."""
    undisturbed = tmp_path_factory.mktemp("undisturbed")
    run(clip, SlowEngine(0, batch=batch, looks_back=looks == "looks back"), undisturbed)
    script = str(Path(resumable_run.__file__))
    command = [sys.executable, script, str(video), str(tmp_path), str(batch), looks, "{}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    chance, finished = random.Random(4), {}
    for goal in (2, 6):
        program = subprocess.Popen(command, env=environment)
        while len(list(tmp_path.glob("frames/*.png"))) < goal and program.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.08))
        program.kill()
        program.wait()
        stamps = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("frames/0*.png")}
        assert finished.items() <= stamps.items()
        finished = stamps
    subprocess.run(command, env=environment, check=True)
    stamps = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("frames/0*.png")}
    assert finished.items() <= stamps.items()
    assert pixels(tmp_path) == pixels(undisturbed)
    assert [entry["index"] for entry in journal(tmp_path)] == list(range(len(stamps)))


@pytest.mark.parametrize(
    "harm", ["journal cut short", "picture missing", "picture empty", "picture of another size"]
)
def test_harm_to_one_frame_repaints_that_frame_alone(
    clip: Clip, undisturbed: Path, tmp_path: Path, harm: str
) -> None:
    """A frame without its line, its file or its size is painted again, to the same pixels; no other is."""
    run(clip, SlowEngine(0), tmp_path)
    last = tmp_path / "frames" / f"{clip.count - 1:06d}.png"
    inner = tmp_path / "frames" / "000008.png"
    if harm == "journal cut short":
        path = tmp_path / "journal.jsonl"
        path.write_bytes(path.read_bytes()[:-20])
    elif harm == "picture missing":
        inner.unlink()
    elif harm == "picture empty":
        last.write_bytes(b"")
    else:
        pictures.write_png(inner, np.zeros((8, 8, 3), np.uint8))
    engine = SlowEngine(0)
    run(clip, engine, tmp_path)
    assert len(engine.inits) == 1
    assert pixels(tmp_path) == pixels(undisturbed)
    assert len(journal(tmp_path)) == clip.count


def test_nothing_is_carried_over_a_cut(clip: Clip, undisturbed: Path, tmp_path: Path) -> None:
    """A shot's first frame is as if painted for itself; the frames after it are steadied."""
    run(clip, SlowEngine(0), tmp_path, OFF)
    alone, carried = pixels(tmp_path), pixels(undisturbed)
    same = [index for index, name in enumerate(alone) if alone[name] == carried[name]]
    assert same == [0, CUT]


def test_flow_makes_it_steadier(clip: Clip, undisturbed: Path, tmp_path: Path) -> None:
    """Carrying the style over calms a painter that paints each frame a little differently."""
    run(clip, SlowEngine(0), tmp_path, OFF)
    sources = list(decoded(clip))

    def restlessness(folder: Path) -> float:
        painted = [pictures.read(folder / "frames" / name) for name in pixels(folder)]
        pairs = zip(pairwise(sources), pairwise(painted), strict=True)
        errors = [warp_error(*pair) for index, pair in enumerate(pairs, 1) if index != CUT]
        return float(np.mean([error for error in errors if error is not None]))

    assert restlessness(undisturbed) < 0.5 * restlessness(tmp_path)


def test_odd_sizes_are_painted_at_multiples_of_eight_and_come_back(tmp_path: Path) -> None:
    """A WebUI paints multiples of 8 only: a 101x67 clip is painted at 104x64 and leaves at 101x67."""
    video = tmp_path / "odd.mkv"
    source = ["-f", "lavfi", "-i", "testsrc=size=101x67:rate=10:duration=0.3"]
    subprocess.run(
        [ffmpeg(), *source, "-c:v", "ffv1", "-pix_fmt", "bgr0", video], check=True, capture_output=True
    )
    engine = SlowEngine(0)
    result = run(cut(probe(video), None, None), engine, tmp_path, StylizeSettings())
    assert {init.shape for init in engine.inits} == {(64, 104, 3)}
    assert {pictures.read(result.path(index)).shape for index in range(3)} == {(67, 101, 3)}


def test_the_work_size_can_be_set() -> None:
    """Without a size the source's is taken to the nearest multiple of 8; it is never 0."""
    assert Canvas((640, 272)).size == (640, 272)
    assert Canvas((1279, 3)).size == (1280, 8)
    assert Canvas((640, 272), wanted=(320, 136)).size == (320, 136)


def test_a_file_in_the_way_is_told(clip: Clip, tmp_path: Path) -> None:
    """A folder that cannot be made is an error of ours, not of the operating system."""
    (tmp_path / "frames").write_text("in the way")
    with pytest.raises(NotWritable):
        run(clip, SlowEngine(0), tmp_path)


def test_a_video_that_cannot_be_decoded_any_more_is_told(video: Path, tmp_path: Path) -> None:
    """A video that was damaged since it was probed ends the run with an error of ours."""
    copy = tmp_path / "copy.mkv"
    shutil.copyfile(video, copy)
    clip = cut(probe(copy), None, None)
    copy.write_bytes(b"")
    with pytest.raises(MediaError):
        run(clip, SlowEngine(0), tmp_path)
