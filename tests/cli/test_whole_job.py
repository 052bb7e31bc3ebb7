"""The whole job, on real media, with the model that ships."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import psutil
import pytest
from small_project import make_project, orchestrate

from orchestrator.cli.main import main
from orchestrator.media.probe import probe

FRAMES = 10


def frames_of(project: Path) -> dict[str, str]:
    """Return the digest of each painted frame's file."""
    (folder,) = project.glob(".orchestrate/stages/stylize-*/frames")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.png"))}


def edit(project: Path, before: str, after: str) -> None:
    file = project / "project.yaml"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after))


def actions(project: Path) -> dict[str, str]:
    answer = orchestrate("explain", "project.yaml", "--json", cwd=project)
    return {plan["stage"]: plan["action"] for plan in json.loads(answer.out)["plan"]}


def running_inside(project: Path) -> list[psutil.Process]:
    """Return the programs that work for a project's folder."""
    processes = psutil.process_iter(["cmdline"])
    return [each for each in processes if any(str(project) in word for word in each.info["cmdline"] or ())]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has run once, undisturbed."""
    folder = make_project(tmp_path_factory.mktemp("undisturbed"))
    answer = orchestrate("run", "project.yaml", cwd=folder)
    assert answer.code == 0, answer.err
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The same project, not run yet."""
    return make_project(tmp_path)


def test_a_run_makes_the_video_with_its_time_and_sound_the_lora_the_scores_and_the_report(
    finished: Path,
) -> None:
    """Frame count, duration and sound are the source's; everything lies where it is said to lie."""
    source, result = probe(finished / "street.mp4"), probe(finished / "out/small.mp4")
    assert result.count == source.count == FRAMES
    assert abs(result.duration - source.duration) <= Fraction(1, 50)
    assert len(result.audio) == len(source.audio) == 1
    scores = json.loads((finished / "out/scores.json").read_text())["metrics"]
    assert set(scores) == {"lpips", "ssim", "warp_error"}
    assert 0 < scores["ssim"]["mean"] <= 1
    assert len((finished / "out/scores.csv").read_text().splitlines()) == 11
    page = (finished / "out/report.html").read_text()
    assert page.count("data:video/mp4") == 2
    assert not re.search(r'(src|href)="https?://', page)
    assert (finished / "out/small.safetensors").stat().st_size > 100_000
    assert not running_inside(finished)


def test_a_second_run_makes_nothing(finished: Path) -> None:
    """It says so, and touches no file that it has made."""
    before = {path: path.stat().st_mtime_ns for path in finished.glob(".orchestrate/stages/*/*")}
    answer = orchestrate("run", "project.yaml", "--json", cwd=finished)
    assert json.loads(answer.out.splitlines()[-1])["made"] == []
    assert answer.seconds < 2
    assert {path: path.stat().st_mtime_ns for path in finished.glob(".orchestrate/stages/*/*")} == before


@dataclass(frozen=True)
class Instant:
    """When to kill: once a stage's folder holds so many of these files, and a random while later."""

    stage: str
    files: str
    count: int
    while_: float


INSTANTS = (
    Instant("shots", "", 0, 0.1),
    Instant("dataset", "**/*.png", 1, 0.05),
    Instant("train", "", 0, 1.0),
    Instant("train", "config.toml", 1, 4.0),
    Instant("stylize", "", 0, 3.0),
    Instant("stylize", "frames/0*.png", 1, 0.1),
    Instant("stylize", "frames/0*.png", 5, 0.1),
    Instant("encode", "video.*", 1, 0.1),
    Instant("measure", "rows.jsonl", 1, 0.2),
    Instant("report", "", 0, 0.1),
)


def reached(project: Path, instant: Instant) -> bool:
    for folder in project.glob(f".orchestrate/stages/{instant.stage}-*"):
        if not instant.files or len(list(folder.glob(instant.files))) >= instant.count:
            return True
    return False


def killed_run(project: Path, instant: Instant, wait: float) -> int:
    """Run, kill the orchestrator with -9 at an instant, and return its exit code."""
    command = (sys.executable, "-m", "orchestrator.cli.main", "run", "project.yaml")
    run = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while run.poll() is None and not reached(project, instant):
        time.sleep(0.005)
    time.sleep(wait)
    run.kill()
    return run.wait()


def orphans(project: Path, within: float = 15.0) -> list[psutil.Process]:
    """Return what still runs for a project after some seconds' grace."""
    deadline = time.monotonic() + within
    while (left := running_inside(project)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(copied: Path) -> None:
    """Exit code 130, one line, no trainer left; the next run begins where this one stopped."""
    command = (sys.executable, "-m", "orchestrator.cli.main", "run", "project.yaml", "--json")
    with subprocess.Popen(command, cwd=copied, stdout=subprocess.PIPE, text=True) as run:
        while not reached(copied, Instant("train", "trainer.log", 1, 0)):
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=30)
    assert run.returncode == 130
    last = json.loads(out.splitlines()[-1])
    assert last["event"] == "error"
    assert "goes on from there" in last["what"]
    assert not orphans(copied)
    assert actions(copied)["dataset"] == "keep"


def test_ctrl_c_stops_what_is_made_beside_the_painting_too(finished: Path, copied: Path) -> None:
    """It says no more than that, nothing is left running, and what resumes is begun."""
    for stage in ("shots", "source_preview", "dataset", "train"):
        (folder,) = finished.glob(f".orchestrate/stages/{stage}-*")
        shutil.copytree(folder, copied / ".orchestrate" / "stages" / folder.name)
    command = (sys.executable, "-m", "orchestrator.cli.main", "run", "project.yaml")
    with subprocess.Popen(command, cwd=copied, stderr=subprocess.PIPE, text=True) as run:
        while not reached(copied, Instant("result_preview", "stills/*.webp", 2, 0)):
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "goes on from there" in err.splitlines()[-1]
    assert "has failed" not in err
    assert not orphans(copied)
    assert {name for name, action in actions(copied).items() if action == "resume"} == {"stylize", "measure"}


def painted(project: Path) -> dict[Path, int]:
    """Return when each finished frame was written."""
    frames = project.glob(".orchestrate/stages/stylize-*/frames/0*.png")
    return {path: path.stat().st_mtime_ns for path in frames}


def test_killed_at_ten_instants_a_run_ends_with_the_same_frames(finished: Path, copied: Path) -> None:
    """The frames are an undisturbed run's, none was painted twice, and nothing outlives the orchestrator."""
    known: dict[Path, int] = {}
    random_while = random.Random(7)
    for instant in INSTANTS:
        assert killed_run(copied, instant, random_while.uniform(0, instant.while_)) == -9, instant
        assert not orphans(copied), instant
        now = painted(copied)
        assert {path: now.get(path) for path in known} == known, "a finished frame was painted again"
        known = now
    answer = orchestrate("run", "project.yaml", cwd=copied)
    assert answer.code == 0, answer.err
    assert {path: made for path, made in painted(copied).items() if path in known} == known
    assert frames_of(copied) == frames_of(finished)
    assert len(frames_of(copied)) == FRAMES


def test_some_frames_are_painted_once_more(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only these change, a run encodes and measures anew, and taking it back leaves nothing to do."""
    answer = orchestrate("stylize", "--frames", "0.12s-5", "--json", cwd=finished)
    assert answer.code == 0, answer.err
    told = json.loads(answer.out.splitlines()[-1])
    assert told["made"] == ["repaint-1-stylize"]
    again = {path.name: path.read_bytes() for path in Path(told["folder"]).glob("*.png")}
    (folder,) = finished.glob(".orchestrate/stages/stylize-*/frames")
    changed = [name for name in sorted(again) if again[name] != (folder / name).read_bytes()]
    assert changed == ["000003.png", "000004.png", "000005.png"]
    later = {name for name, action in actions(finished).items() if action != "keep"}
    assert later == {"encode", "result_preview", "measure", "report"}
    monkeypatch.chdir(finished)
    assert main(["stylize", "--undo"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert set(actions(finished).values()) == {"keep"}
    for words, complaint in MISUSED.items():
        assert main(["stylize", *words.split()]) != 0
        assert complaint in capsys.readouterr().err


MISUSED = {
    "--undo": "nothing to undo",
    "--seed 3": "--seed goes with --frames",
    "--frames 8-12": "there is no frame at 12 frames: the clip has 10, from 0 to 9",
    "--frames 5-3": "ends before it begins",
    "--frames soon": "is no time",
    "--frames 2-3 --cfg-scale 99": "stylize.cfg_scale",
}


def test_changes_make_only_what_lies_downstream(finished: Path) -> None:
    """The codec re-runs the encoding alone, a metric the measuring on, the seed all from painting on."""
    kept = set(actions(finished))
    edit(finished, "video: out/small.mp4", "codec: h265, video: out/small.mp4")
    assert {name for name, action in actions(finished).items() if action != "keep"} == {"encode"}
    made = json.loads(orchestrate("run", "project.yaml", "--json", cwd=finished).out.splitlines()[-1])["made"]
    assert made == ["encode"]
    edit(finished, "stylize: {", "score: {metrics: [ssim]}\nstylize: {")
    assert {name for name, action in actions(finished).items() if action != "keep"} == {"measure", "report"}
    edit(finished, "stylize: {", "stylize: {seed: 7, ")
    painted = {"stylize", "encode", "result_preview", "measure", "report"}
    assert {name for name, action in actions(finished).items() if action != "keep"} == painted
    assert kept - painted == {"shots", "source_preview", "dataset", "train"}
    edit(finished, "training:", "training:\n  seed: 3")
    assert {name for name, action in actions(finished).items() if action == "keep"} == {
        "shots",
        "source_preview",
    }
