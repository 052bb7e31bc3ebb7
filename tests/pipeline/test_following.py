"""Stages that follow another while it is being made."""

from __future__ import annotations

import json
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import MediaError
from orchestrator.pipeline.execute import artifacts, execute
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.pipeline.store import Store
from orchestrator.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAIT = 20.0  # seconds; an event that is due comes at once


class Lines:
    """Lines that come to be one by one; whoever reads waits for those that are not there."""

    def __init__(self, folder: Path, count: int, ended: Callable[[], bool] = lambda: True) -> None:
        self._folder, self._count, self._ended = folder, count, ended

    def __iter__(self) -> Iterator[str]:
        for index in range(self._count):
            while not self._ended() and not (self._folder / str(index)).exists():
                threading.Event().wait(0.005)
            yield (self._folder / str(index)).read_text()


def leader(*lines: str, before: Callable[[int], None] = lambda _: None) -> Stage[Lines]:
    """A stage that writes lines one by one; `before` is called before each, and once after the last."""

    def build(folder: Path, made: Made, progress: Progress) -> None:
        for index, line in enumerate(lines):
            before(index)
            (folder / f"{index}.new").write_text(line)
            (folder / f"{index}.new").rename(folder / str(index))
        before(len(lines))

    def under_way(folder: Path, ended: Callable[[], bool]) -> Lines:
        return Lines(folder, len(lines), ended)

    load = partial(Lines, count=len(lines))
    return Stage("leader", 1, {"lines": lines}, (), build, load, resumes=True, under_way=under_way)


def follower(
    name: str, of: Stage[Lines], after: Callable[[str], None] = lambda _: None, *others: Stage[Lines]
) -> Stage[Lines]:
    """A stage that writes each line of another in capitals, and can itself be followed."""

    def build(folder: Path, made: Made, progress: Progress) -> None:
        for index, line in enumerate(made(of)):
            (folder / f"{index}.new").write_text(line.upper())
            (folder / f"{index}.new").rename(folder / str(index))
            after(line)

    def under_way(folder: Path, ended: Callable[[], bool]) -> Lines:
        return Lines(folder, 3, ended)

    load = partial(Lines, count=3)
    inputs = (of, *others)
    return Stage(name, 1, {}, inputs, build, load, under_way=under_way, follows=True)


class Said(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def test_followers_keep_step_with_a_stage_under_way(tmp_path: Path) -> None:
    """A follower, and a follower of that one, have the first line before the second is written."""
    seen = threading.Semaphore(0)

    def wait_for_both(index: int) -> None:
        if index == 1:
            assert seen.acquire(timeout=WAIT), "nothing followed"

    first = leader("a", "b", "c", before=wait_for_both)
    last = follower("third", follower("second", first), lambda _: seen.release())
    store = Store(tmp_path)
    assert [stage.name for stage in execute([last], store, Silent())] == ["leader", "second", "third"]
    assert list(artifacts(store)(last)) == ["A", "B", "C"]


def test_a_stage_counts_as_finished_only_after_what_it_is_made_from(tmp_path: Path) -> None:
    """A follower that is done first waits with its record for the stage that it follows."""
    done = threading.Event()

    def look(index: int) -> None:
        if index == 3:
            assert done.wait(WAIT)
            assert not list(tmp_path.glob("stages/*/stage.json"))

    last = follower("second", leader("a", "b", "c", before=look), lambda line: line == "c" and done.set())
    execute([last], Store(tmp_path), Silent())
    times = {
        json.loads(path.read_text())["name"]: json.loads(path.read_text())["finished"]
        for path in tmp_path.glob("stages/*/stage.json")
    }
    assert times["leader"] < times["second"]


def test_when_the_stage_that_is_followed_fails_its_error_is_told(tmp_path: Path) -> None:
    """Its followers end with it, whatever they wait for; the next run goes on from there."""

    def fail(index: int) -> None:
        if index == 2:
            raise MediaError("the source is gone")

    failing, said, store = leader("a", "b", "c", before=fail), Said(), Store(tmp_path)
    with pytest.raises(MediaError, match="the source is gone"):
        execute([follower("second", failing)], store, said)
    assert said.lines == []
    assert not [each for each in threading.enumerate() if each.name.startswith("beside")]
    assert not list(tmp_path.glob("stages/*/stage.json"))
    whole = follower("second", leader("a", "b", "c"))
    execute([whole], store, Silent())
    assert list(artifacts(store)(whole)) == ["A", "B", "C"]


def test_when_a_follower_fails_the_others_go_on(tmp_path: Path) -> None:
    """It is said at once; what is followed is finished and kept, and then the error is raised."""
    failed = threading.Event()

    def fail(line: str) -> None:
        raise MediaError("no such codec")

    class Noticing(Said):
        def say(self, text: str) -> None:
            super().say(text)
            failed.set()

    def look(index: int) -> None:
        if index == 1:
            assert failed.wait(WAIT), "nobody was told"

    said, store = Noticing(), Store(tmp_path)
    first = leader("a", "b", "c", before=look)
    with pytest.raises(MediaError, match="no such codec"):
        execute([follower("second", first, fail)], store, said)
    assert said.lines == ["stage second has failed, and the others go on: no such codec"]
    assert store.finished(first)


def test_ctrl_c_ends_the_followers_too(tmp_path: Path) -> None:
    """They stop at their next look, though there would be more to read."""
    lines: list[str] = []
    begun = threading.Event()

    def stop(index: int) -> None:
        if index == 3:
            assert begun.wait(WAIT)
            raise KeyboardInterrupt

    def slowly(line: str) -> None:
        lines.append(line)
        begun.set()
        threading.Event().wait(0.5)

    with pytest.raises(KeyboardInterrupt):
        execute([follower("second", leader("a", "b", "c", before=stop), slowly)], Store(tmp_path), Silent())
    assert len(lines) < 3
    assert not [each for each in threading.enumerate() if each.name.startswith("beside")]


def test_ctrl_c_ends_a_follower_that_was_late_too(tmp_path: Path) -> None:
    """What it follows was finished before it asked for it; yet it stops at its next look."""
    store, first, lines = Store(tmp_path), leader("a", "b", "c"), list[str]()
    begun = threading.Event()

    def late(folder: Path, made: Made, progress: Progress) -> None:
        while not store.finished(first):
            threading.Event().wait(0.005)
        for line in made(first):
            lines.append(line)
            begun.set()
            threading.Event().wait(0.5)

    def stop(*_: object) -> None:
        assert begun.wait(WAIT)
        raise KeyboardInterrupt

    last = Stage("second", 1, {}, (first,), late, partial(Lines, count=3), follows=True)
    with pytest.raises(KeyboardInterrupt):
        execute([first, Stage("other", 1, {}, (), stop, partial(Lines, count=0)), last], store, Silent())
    assert len(lines) < 3
    assert not [each for each in threading.enumerate() if each.name.startswith("beside")]


def test_what_needs_something_else_first_waits_for_its_turn(tmp_path: Path) -> None:
    """A stage that could follow begins only when all its other inputs are finished."""
    late = Stage("late", 1, {}, (leader("a", "b", "c"),), lambda *_: None, partial(Lines, count=0))
    begun: list[str] = []
    last = follower("second", leader("a", "b", "c"), begun.append, late)

    def look(index: int) -> None:
        if index == 3:
            assert begun == []

    first = leader("a", "b", "c", before=look)
    assert first.key == last.inputs[0].key
    execute([first, last], Store(tmp_path), Silent())
    assert begun == ["a", "b", "c"]
