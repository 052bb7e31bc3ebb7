"""How progress is shown: bars on a terminal, plain lines elsewhere, JSON for programs."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from orchestrator.progress import Progress, Task

SECONDS_BETWEEN_LINES = 5.0

Line = dict[str, Any]


@contextmanager
def shown(*, as_json: bool) -> Iterator[Progress]:
    """Yield the progress that fits where our output goes."""
    if as_json:
        yield _Lines(_json_line, every=1.0)
    elif not sys.stderr.isatty():
        yield _Lines(_plain_line, every=SECONDS_BETWEEN_LINES)
    else:
        with _bars() as bars:
            yield _OnTerminal(bars)


def _json_line(line: Line) -> None:
    _write(json.dumps(line), sys.stdout)


def _plain_line(line: Line) -> None:
    if line["event"] == "say":
        _write(line["text"], sys.stderr)
        return
    total = f"/{line['total']}" if line["total"] else ""
    left = f", {_clock(line['seconds_left'])} left" if line["seconds_left"] else ""
    note = f", {line['note']}" if line["note"] else ""
    _write(f"{line['task']}: {line['done']}{total} {line['unit']}{note}{left}", sys.stderr)


def _write(line: str, stream: TextIO) -> None:
    # in one piece: others write lines at the same time
    print(f"{line}\n", end="", file=stream, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class _Lines:
    """A line at the start of a task, now and then on the way, and at its end."""

    def __init__(self, write: Callable[[Line], None], every: float) -> None:
        self._write = write
        self._every = every

    @contextmanager
    def task(self, label: str, *, total: int | None = None, unit: str = "") -> Iterator[Task]:
        task = _LineTask(self._write, self._every, label, total, unit)
        task.tell()
        yield task
        task.tell()

    def say(self, text: str) -> None:
        self._write({"event": "say", "text": text})


class _LineTask:
    def __init__(
        self, write: Callable[[Line], None], every: float, label: str, total: int | None, unit: str
    ) -> None:
        self._write, self._every = write, every
        self._label, self._total, self._unit = label, total, unit
        self._done, self._note = 0, ""
        self._began = self._told = monotonic()
        self._first: tuple[int, float] | None = None  # units done by an earlier run, and when this one began

    def advance(self, done: int = 1, *, note: str = "") -> None:
        self.reach(self._done + done, note=note)

    def reach(self, done: int, *, total: int | None = None, note: str = "") -> None:
        self._done, self._total, self._note = done, total or self._total, note or self._note
        self._first = self._first or (done, monotonic())
        if monotonic() - self._told >= self._every:
            self.tell()

    def tell(self) -> None:
        self._told = monotonic()
        left = self._seconds_left()
        self._write(
            {
                "event": "progress",
                "task": self._label,
                "done": self._done,
                "total": self._total,
                "unit": self._unit,
                "note": self._note,
                "seconds": round(self._told - self._began, 1),
                "seconds_left": round(left, 1) if left else None,
            }
        )

    def _seconds_left(self) -> float | None:
        before, since = self._first or (0, self._began)
        if not self._total or self._done <= before:
            return None
        return (self._told - since) / (self._done - before) * (self._total - self._done)


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<22}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    return Progress(*columns, console=Console(stderr=True))


class _OnTerminal:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars

    @contextmanager
    def task(self, label: str, *, total: int | None = None, unit: str = "") -> Iterator[Task]:
        number = self._bars.add_task(label, total=total, unit=unit, note="")
        yield _BarTask(self._bars, number)
        self._bars.update(number, note="")

    def say(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)


class _BarTask:
    def __init__(self, bars: Bars, number: TaskID) -> None:
        self._bars, self._number = bars, number

    def advance(self, done: int = 1, *, note: str = "") -> None:
        self._bars.advance(self._number, done)
        self._say(note)

    def reach(self, done: int, *, total: int | None = None, note: str = "") -> None:
        self._bars.update(self._number, completed=done, total=total)
        self._say(note)

    def _say(self, note: str) -> None:
        if note:
            self._bars.update(self._number, note=note)
