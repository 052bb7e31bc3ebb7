"""Some frames painted once more: they change, the others stay, and what follows learns of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import repaint_run
from lying_studio import Studio
from lying_webui import running
from repaint_run import FRAMES, paintings, prepare, run

from orchestrator.artifacts import FrameSequence
from orchestrator.errors import DamagedArtifact
from orchestrator.pipeline.stage import Stage
from orchestrator.pipeline.store import Store
from orchestrator.stages.repaint import Repaint, next_seed, record, recorded, sources
from orchestrator.stylization import journal

ROOT = Path(__file__).parents[2]
HELD: dict[int, tuple[int, ...]] = {0: (), 1: (0,), 2: (1, 3), 3: ()}  # 1 shows 0 again, 2 follows


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """A WebUI that takes a while for a frame."""
    prepare(tmp_path, tmp_path / "loras")
    return Studio(tmp_path / "loras", seconds=0.03)


@pytest.fixture
def url(studio: Studio) -> Iterator[str]:
    with running(studio) as server:
        yield server.url


def digests(frames: FrameSequence) -> list[str]:
    return [sha256(frames.path(index).read_bytes()).hexdigest() for index in range(frames.count)]


def changed(before: list[str], after: list[str]) -> list[int]:
    return [index for index in range(FRAMES) if before[index] != after[index]]


def order(folder: Path, url: str, mode: str, *repaints: Repaint) -> Path:
    """Have frames painted once more at the next run; return the painting's folder."""
    painting = Store(folder).folder(paintings(folder, url, mode)[0])
    record(painting, repaints)
    return painting


@pytest.mark.parametrize("mode", ["off", "flow"])
def test_a_range_is_painted_once_more_and_nothing_else(tmp_path: Path, url: str, mode: str) -> None:
    """Frames 5 to 9 get another seed; the other files are the very same, and so are their lines."""
    first = run(tmp_path, url, mode)
    before, entries = digests(first), journal.read(first.folder.parent / "journal.jsonl")
    order(tmp_path, url, mode, Repaint(5, 9, {"seed": 7}))
    again = run(tmp_path, url, mode)
    assert again.folder != first.folder
    assert changed(before, digests(again)) == [5, 6, 7, 8, 9]
    assert digests(first) == before
    told = journal.read(again.folder.parent / "journal.jsonl")
    assert [told[index].seed for index in range(FRAMES)] == [1] * 5 + [7] * 5 + [1] * 10
    assert all(told[index] == entries[index] for index in range(FRAMES) if not 5 <= index <= 9)


def test_with_keyframes_those_between_are_carried_anew(tmp_path: Path, url: str) -> None:
    """A painted frame in the range is painted; those beside it follow, within the range alone."""
    first = run(tmp_path, url, "keyframes")
    entries = journal.read(first.folder.parent / "journal.jsonl")
    keys = [index for index, entry in entries.items() if not entry.keys]
    key = keys[1]
    order(tmp_path, url, "keyframes", Repaint(key - 1, key + 2, {"seed": 7}))
    again = run(tmp_path, url, "keyframes")
    assert changed(digests(first), digests(again)) == [key - 1, key, key + 1, key + 2]
    told = journal.read(again.folder.parent / "journal.jsonl")
    assert sorted(index for index, entry in told.items() if not entry.keys) == keys
    assert sources(first.folder.parent, Repaint(keys[0] + 1, keys[1] - 1)) == keys[:2]
    assert sources(first.folder.parent, Repaint(keys[0] + 1, keys[1])) is None


def test_changes_add_up_and_are_taken_back(tmp_path: Path, url: str, studio: Studio) -> None:
    """Each starts from the frames of the one before; without it, nothing has to be painted."""
    first = digests(run(tmp_path, url, "off"))
    one, other = Repaint(2, 4, {"strength": 0.9}), Repaint(4, 6, {"seed": 9})
    order(tmp_path, url, "off", one)
    second = digests(run(tmp_path, url, "off"))
    painting = order(tmp_path, url, "off", one, other)
    third = digests(run(tmp_path, url, "off"))
    assert changed(first, second) == [2, 3, 4]
    assert changed(second, third) == [4, 5, 6]
    assert recorded(painting) == (one, other)
    assert next_seed(Store(tmp_path).folder(paintings(tmp_path, url, "off")[-1]), 5) == 10
    painted = studio.account.painted
    order(tmp_path, url, "off", one)
    assert digests(run(tmp_path, url, "off")) == second
    assert studio.account.painted == painted


def test_what_comes_after_learns_of_it(tmp_path: Path, url: str) -> None:
    """The frames' stage is another one, and so is whatever is made of it."""
    run(tmp_path, url, "off")
    keys = set()
    for repaints in ((), (Repaint(1, 2, {"seed": 3}),), (Repaint(1, 2, {"seed": 4}),), (Repaint(1, 3),)):
        order(tmp_path, url, "off", *repaints)
        frames = paintings(tmp_path, url, "off")[-1]
        keys.add(Stage("encode", 1, {}, (frames,), lambda *_: None, lambda _: None).key)
    assert len(keys) == 4


def test_killed_while_painting_once_more_it_goes_on(tmp_path: Path, url: str) -> None:
    """After kill -9 the same frames come out as without it, and the finished ones are not painted again."""
    undisturbed = tmp_path / "undisturbed"
    prepare(undisturbed, tmp_path / "loras")
    for folder in (undisturbed, tmp_path):
        run(folder, url, "flow")
        order(folder, url, "flow", Repaint(3, 17, {"seed": 7}))
    expected = digests(run(undisturbed, url, "flow"))
    command = [sys.executable, repaint_run.__file__, str(tmp_path), url, "flow"]
    program = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    made = Store(tmp_path).folder(paintings(tmp_path, url, "flow")[-1])
    while len(lines(made)) < FRAMES - 9 and program.poll() is None:
        time.sleep(0.005)
    program.kill()
    assert program.wait() == -9
    begun = {path: path.stat().st_mtime_ns for path in made.glob("frames/0*.png")}
    assert FRAMES - 15 < len(begun) < FRAMES
    assert digests(run(tmp_path, url, "flow")) == expected
    assert begun.items() <= {path: path.stat().st_mtime_ns for path in made.glob("frames/0*.png")}.items()


def lines(made: Path) -> list[str]:
    file = made / "journal.jsonl"
    return file.read_text().splitlines() if file.exists() else []


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """It is not taken for none: frames would silently come back as they were."""
    (tmp_path / "repaints.json").write_text("{")
    with pytest.raises(DamagedArtifact, match="once more"):
        recorded(tmp_path)


def test_what_follows_from_a_held_frame_follows_from_the_one_that_it_shows(tmp_path: Path) -> None:
    """The frame to name is one that is painted itself."""
    entries = (journal.Entry(i, 1, 0.5, "", "" if keys else "told", keys) for i, keys in HELD.items())
    journal.write(tmp_path / "journal.jsonl", entries)
    assert sources(tmp_path, Repaint(2, 2)) == [0, 3]
    assert sources(tmp_path, Repaint(1, 3)) is None
