"""Every comparison that was made, in one SQLite file.

    run       one row for each comparison: when, which suite, which two LoRAs, the verdict, the conditions
    metric    one row for each metric of a run
    blessing  which run's candidate became the baseline of its suite; the newest one counts

A comparison is added in one transaction, so that it is there as a whole or not at all, also where two gates
write at once.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import DamagedArtifact, NotWritable
from orchestrator.files import storage_errors
from orchestrator.gate.data import Point
from orchestrator.gate.side import Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.gate.data import Outcome, Row

_VERSION = 1
_PATIENCE = 30.0  # seconds to wait for another gate that writes
_TABLES = """
CREATE TABLE IF NOT EXISTS run (
    id INTEGER PRIMARY KEY, time TEXT NOT NULL, suite TEXT NOT NULL, suite_hash TEXT NOT NULL,
    baseline_name TEXT NOT NULL, baseline_hash TEXT NOT NULL,
    candidate_name TEXT NOT NULL, candidate_hash TEXT NOT NULL,
    verdict TEXT NOT NULL, confidence REAL NOT NULL, conditions TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS metric (
    run INTEGER NOT NULL REFERENCES run, name TEXT NOT NULL,
    baseline REAL NOT NULL, candidate REAL NOT NULL, worse REAL NOT NULL, low REAL, high REAL,
    tolerance REAL NOT NULL, p_worse REAL NOT NULL, p_not_worse REAL NOT NULL, verdict TEXT NOT NULL,
    PRIMARY KEY (run, name)
);
CREATE TABLE IF NOT EXISTS blessing (
    id INTEGER PRIMARY KEY, time TEXT NOT NULL, run INTEGER NOT NULL REFERENCES run,
    results TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS run_of_suite ON run (suite, suite_hash);
"""


@dataclass(frozen=True)
class Blessed:
    """The baseline of a suite.

    Attributes:
        version: which LoRA.
        results: the name of the folder with its pictures and figures.
    """

    version: Version
    results: str


@dataclass(frozen=True)
class History:
    """The comparisons kept in a file, which is made when it is first used.

    Every method raises NotWritable where the file cannot be written, and DamagedArtifact where it is no
    history.
    """

    file: Path

    def add(self, outcome: Outcome) -> int:
        """Add a comparison, and return its number. Raises StorageError."""
        told = json.dumps(dict(outcome.conditions), ensure_ascii=False, sort_keys=True)
        sides = (outcome.baseline.name, outcome.baseline.hash, outcome.candidate.name, outcome.candidate.hash)
        head = (outcome.time, outcome.suite, outcome.suite_hash, *sides, outcome.verdict)
        with self._open() as database:
            added = database.execute(
                f"INSERT INTO run VALUES (NULL{', ?' * 10})",  # noqa: S608 - only question marks are put in
                (*head, outcome.confidence, told),
            )
            number = added.lastrowid
            assert number is not None, "an insertion gives a number"
            database.executemany(
                f"INSERT INTO metric VALUES (?{', ?' * 10})",  # noqa: S608 - likewise
                [(number, *_columns(row)) for row in outcome.rows],
            )
        return number

    def bless(self, run: int, *, results: str, time: str) -> None:
        """Make a comparison's candidate the baseline of its suite. Raises StorageError."""
        with self._open() as database:
            database.execute("INSERT INTO blessing VALUES (NULL, ?, ?, ?)", (time, run, results))

    def blessed(self, suite: str) -> Blessed | None:
        """Return the baseline of a suite, by the suite's name; None while there is none."""
        with self._open() as database:
            row = database.execute(
                "SELECT candidate_name, candidate_hash, results FROM blessing"
                " JOIN run ON run.id = blessing.run WHERE suite = ? ORDER BY blessing.id DESC LIMIT 1",
                (suite,),
            ).fetchone()
        return None if row is None else Blessed(Version(row[0], row[1]), row[2])

    def trend(self, suite: str, suite_hash: str) -> dict[str, tuple[Point, ...]]:
        """Return how each metric went, the oldest comparison first; only those of the very same suite."""
        with self._open() as database:
            rows = database.execute(
                "SELECT name, time, candidate_name, candidate_hash,"
                " candidate, worse, tolerance, metric.verdict,"
                " EXISTS (SELECT 1 FROM blessing WHERE blessing.run = run.id)"
                " FROM metric JOIN run ON run.id = metric.run"
                " WHERE suite = ? AND suite_hash = ? ORDER BY run.id",
                (suite, suite_hash),
            ).fetchall()
        points: dict[str, tuple[Point, ...]] = {}
        for name, time, candidate, content, value, worse, tolerance, verdict, blessed in rows:
            point = Point(time, Version(candidate, content), value, worse, tolerance, verdict, bool(blessed))
            points[name] = (*points.get(name, ()), point)
        return points

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield the file within one transaction, which an exception undoes."""
        with storage_errors(self.file):
            self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self.file, timeout=_PATIENCE, isolation_level=None)) as database:
                database.execute("PRAGMA foreign_keys = ON")
                database.execute("BEGIN IMMEDIATE")
                self._prepare(database)
                yield database
                database.execute("COMMIT")  # what is not committed when it closes is undone
        except sqlite3.OperationalError as error:
            raise NotWritable(
                f"the history cannot be written: {error}",
                where=str(self.file),
                remedy="Give yourself write permission there, and make room.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise DamagedArtifact(
                f"the history cannot be read: {error}",
                where=str(self.file),
                remedy="Restore the file, or move it away to begin a new history.",
            ) from error

    def _prepare(self, database: sqlite3.Connection) -> None:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise DamagedArtifact(
                f"the history was written by a newer orchestrate (its version is {version}, not {_VERSION})",
                where=str(self.file),
                remedy="Update orchestrate.",
            )
        for statement in _TABLES.split(";"):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {_VERSION}")


def _columns(row: Row) -> tuple[object, ...]:
    judged = row.judgement
    low, high = judged.interval or (None, None)
    figures = (row.metric, row.baseline, row.candidate, judged.worse, low, high, judged.tolerance)
    return (*figures, judged.p_worse, judged.p_not_worse, judged.verdict)
