"""How many frames one request holds: measured once, and kept, so that a resumed run is the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orchestrator.errors import WebUIFailed
from orchestrator.stylization.batch import fastest, settled, whole


def costs(start: float, each: float, *, room: int = 99) -> Callable[[int], float]:
    """Return what paints: so many seconds a request, so many a picture, for up to `room` pictures."""

    def seconds(pictures: int) -> float:
        if pictures > room:
            raise WebUIFailed("CUDA out of memory")
        return start + each * pictures

    return seconds


def test_a_batch_is_as_large_as_saves_time() -> None:
    """It is doubled while a picture gets a tenth cheaper, up to eight, and never beyond the memory."""
    assert fastest(costs(1.0, 0.0)) == 8
    assert fastest(costs(0.5, 0.5)) == 8
    assert fastest(costs(0.3, 0.7)) == 2
    assert fastest(costs(0.1, 1.0)) == 1
    assert fastest(costs(1.0, 0.0, room=3)) == 2
    assert fastest(costs(1.0, 0.0, room=1)) == 1


def test_a_slow_first_request_of_a_size_is_not_held_against_it() -> None:
    """A WebUI prepares itself for each new size once."""
    seen: list[int] = []

    def seconds(pictures: int) -> float:
        seen.append(pictures)
        return 1.0 + (5.0 if seen.count(pictures) == 1 else 0.0)

    assert fastest(seconds) == 8


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    """A run that goes on paints in the batches that it began with, whatever would be measured now."""
    assert settled(tmp_path, "auto", 1000, lambda: 4) == 4
    assert settled(tmp_path, "auto", 1000, lambda: 8) == 4
    (tmp_path / "batch.json").write_text("{")
    assert settled(tmp_path, "auto", 1000, lambda: 2) == 2


def test_a_short_clip_is_not_measured_for(tmp_path: Path) -> None:
    """Measuring would take longer than it could save; and what the user says is not measured either."""

    def never() -> int:
        raise AssertionError

    assert settled(tmp_path / "short", "auto", 100, never) == 1
    assert settled(tmp_path / "said", 3, 1000, never) == 3


def test_batches_are_the_same_whatever_is_missing() -> None:
    """A missing frame takes along those that were painted together with it, and no others."""
    assert whole([], 4, 10) == []
    assert whole([5], 4, 10) == [4, 5, 6, 7]
    assert whole([3, 9], 4, 10) == [0, 1, 2, 3, 8, 9]
    assert whole([0, 2], 1, 3) == [0, 2]
