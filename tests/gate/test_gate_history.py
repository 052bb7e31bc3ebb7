"""The history: added as a whole or not at all, by several gates at once, and read back as a trend."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from gate_outcomes import OUTCOME, VERSION_2, VERSION_3

from orchestrator.errors import DamagedArtifact, NotWritable
from orchestrator.gate.history import History


def rows(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as database:
        (count,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of ours
    return int(count)


def test_a_trend_tells_all_versions(tmp_path: Path) -> None:
    """Oldest first, with verdicts, and which became the baseline."""
    history = History(tmp_path / "deep" / "history.sqlite")
    first = history.add(OUTCOME)
    history.bless(first, results="aa", time="2026-05-01T11:00:00+00:00")
    history.add(replace(OUTCOME, candidate=VERSION_3, time="2026-05-02T10:00:00+00:00"))
    points = history.trend("street", "5" * 64)["lpips"]
    assert [point.candidate for point in points] == [VERSION_2, VERSION_3]
    assert [point.blessed for point in points] == [True, False]
    assert (points[0].value, points[0].tolerance, points[0].verdict) == (0.35, 0.02, "regression")
    assert list(history.trend("street", "5" * 64)) == ["lpips", "ssim", "warp_error"]


def test_suites_keep_to_themselves(tmp_path: Path) -> None:
    """A trend holds the very same suite only; a baseline belongs to the suite's name."""
    history = History(tmp_path / "history.sqlite")
    other = replace(OUTCOME, suite="forest")
    history.add(replace(OUTCOME, suite_hash="6" * 64))
    history.bless(history.add(other), results="bb", time="now")
    assert history.trend("street", "5" * 64) == {}
    assert history.blessed("street") is None
    blessed = history.blessed("forest")
    assert blessed is not None
    assert (blessed.version, blessed.results) == (VERSION_2, "bb")


def test_the_newest_blessing_counts(tmp_path: Path) -> None:
    """An older version can be blessed again."""
    history = History(tmp_path / "history.sqlite")
    first = history.add(OUTCOME)
    second = history.add(replace(OUTCOME, candidate=VERSION_3))
    for number, results in ((first, "a"), (second, "b"), (first, "a")):
        history.bless(number, results=results, time="now")
    blessed = history.blessed("street")
    assert blessed is not None
    assert blessed.version == VERSION_2


def test_nothing_is_added_by_halves(tmp_path: Path) -> None:
    """Where one metric cannot be added, the whole comparison is not there."""
    history = History(tmp_path / "history.sqlite")
    history.add(OUTCOME)
    twice = replace(OUTCOME, rows=(*OUTCOME.rows, OUTCOME.rows[0]))
    with pytest.raises(DamagedArtifact, match="UNIQUE"):
        history.add(twice)
    with pytest.raises(DamagedArtifact, match="FOREIGN KEY"):
        history.bless(99, results="x", time="now")
    assert (rows(history.file, "run"), rows(history.file, "metric"), rows(history.file, "blessing")) == (
        1,
        3,
        0,
    )


def test_gates_at_once_all_get_in(tmp_path: Path) -> None:
    """Several that write at the same time wait for each other; none is lost, each has a number of its own."""
    history = History(tmp_path / "history.sqlite")
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: history.add(OUTCOME), range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert rows(history.file, "metric") == 120


def test_what_is_no_history_is_told(tmp_path: Path) -> None:
    """A damaged file, one of a newer version, and a place that is none."""
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"this is no database" * 100)
    with pytest.raises(DamagedArtifact, match="cannot be read"):
        History(damaged).blessed("street")
    newer = tmp_path / "newer.sqlite"
    with closing(sqlite3.connect(newer)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(DamagedArtifact, match="newer orchestrate"):
        History(newer).blessed("street")
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(NotWritable, match="cannot be written"):
        History(tmp_path / "folder.sqlite").blessed("street")
