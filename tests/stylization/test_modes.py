"""What every mode of consistency promises: the same pixels always, each shot for itself, runs that go on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
import resumable_run
from resumable_run import COURSE, CUT, LOOK, SlowEngine, settings_of

from orchestrator.media.clip import Clip
from orchestrator.progress import Silent
from orchestrator.stylization.consistency import MODES
from orchestrator.stylization.plan import look
from orchestrator.stylization.settings import ConsistencySettings
from orchestrator.stylization.stylize import stylize

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
WAYS: dict[str, dict[str, Any]] = {
    **{name: {"mode": name} for name in MODES},
    "off, with anchored colours": {"mode": "off", "colour": "anchored"},
    "keyframes, painted over": {"mode": "keyframes", "repaint_strength": 0.1},
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of consistency."""
    return WAYS[request.param]


def run(
    clip: Clip, folder: Path, way: dict[str, Any], cuts: Sequence[int] = (CUT,), *, batch: int = 1
) -> SlowEngine:
    engine = SlowEngine(0, batch=batch)
    stylize(clip, engine, folder, COURSE, settings_of(**way), cuts=cuts, progress=Silent())
    return engine


def pixels(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "frames").iterdir())}


def test_the_table_has_every_mode_that_can_be_set() -> None:
    """Settings and table name the same modes."""
    assert set(MODES) == set(get_args(ConsistencySettings.model_fields["mode"].annotation))


def test_the_same_run_gives_the_same_pixels(clip: Clip, way: dict[str, Any], tmp_path: Path) -> None:
    """Every frame is there, and a second run makes the very same ones."""
    run(clip, tmp_path / "one", way)
    run(clip, tmp_path / "two", way)
    assert len(pixels(tmp_path / "one")) == clip.count
    assert pixels(tmp_path / "one") == pixels(tmp_path / "two")


def test_shots_know_nothing_of_each_other(clip: Clip, way: dict[str, Any], tmp_path: Path) -> None:
    """A shot looks the same whether it stands alone or between others."""
    run(clip, tmp_path / "all", way)
    run(Clip(clip.footage, 0, CUT), tmp_path / "first", way, cuts=())
    run(Clip(clip.footage, CUT, clip.stop), tmp_path / "second", way, cuts=())
    alone = [*pixels(tmp_path / "first").values(), *pixels(tmp_path / "second").values()]
    assert alone == list(pixels(tmp_path / "all").values())


def test_any_frames_that_are_lost_are_made_again(clip: Clip, way: dict[str, Any], tmp_path: Path) -> None:
    """Whichever frames are lost, painted ones or those between, the next run makes them, and no others."""
    run(clip, tmp_path, way, batch=2)
    whole, chance = pixels(tmp_path), random.Random(1)
    for _ in range(4):
        lost = chance.sample(sorted(whole), 4)
        for name in lost:
            (tmp_path / "frames" / name).unlink()
        kept = {name: (tmp_path / "frames" / name).stat().st_mtime_ns for name in set(whole) - set(lost)}
        run(clip, tmp_path, way, batch=2)
        assert pixels(tmp_path) == whole
        assert all((tmp_path / "frames" / name).stat().st_mtime_ns == at for name, at in kept.items())


def test_killed_at_any_instant_it_goes_on_to_the_same_pixels(
    clip: Clip, video: Path, way: dict[str, Any], tmp_path: Path
) -> None:
    """After a kill -9 the finished frames stay untouched, and the end is byte for byte the same."""
    run(clip, tmp_path / "undisturbed", way)
    folder = tmp_path / "killed"
    command = [sys.executable, str(Path(resumable_run.__file__)), str(video), str(folder)]
    command += ["1", "ahead", json.dumps(way)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen(command, env=environment)
    while len(list(folder.glob("frames/*.png"))) < 4 and program.poll() is None:
        time.sleep(0.005)
    time.sleep(random.Random(str(way)).uniform(0, 0.1))
    program.kill()
    assert program.wait() == -signal.SIGKILL, "it was done before it was killed"
    finished = {path.name: path.stat().st_mtime_ns for path in folder.glob("frames/0*.png")}
    subprocess.run(command, env=environment, check=True)
    stamps = {path.name: path.stat().st_mtime_ns for path in folder.glob("frames/0*.png")}
    assert finished.items() <= stamps.items()
    assert pixels(folder) == pixels(tmp_path / "undisturbed")
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["index"] for line in lines) == list(range(clip.count))


def test_travelling_noise_begins_anew_with_each_shot() -> None:
    """It glides from one seed to the next, and stands at the look's own where a shot begins."""
    settings = ConsistencySettings(mode="seed", travel=4)
    looks = [look(LOOK, settings, (5,), index) for index in range(10)]
    noises = [(each.seed, each.subseed, each.subseed_strength) for each in looks]
    shot = [(7, None, 0.0), (7, 8, 0.25), (7, 8, 0.5), (7, 8, 0.75), (8, None, 0.0)]
    assert noises == [*shot, *shot]
    still = ConsistencySettings(mode="seed", travel=0)
    assert {look(LOOK, still, (5,), index) for index in range(10)} == {LOOK}
