"""The slowdown of spilled GPU memory, told from readings."""

from __future__ import annotations

import sys
from itertools import accumulate

import pytest

from orchestrator.training.spill import Reading, gpu_memory, spilling


def readings(times: list[float], memory: float | None = 0.99) -> list[Reading]:
    """Steps that took these seconds, after the one at 0."""
    return [Reading(at, memory) for at in accumulate(times, initial=0.0)]


STEADY = [9.0, 3.0, *[1.0] * 8]  # two slow steps to warm up, then a steady speed


@pytest.mark.parametrize(
    ("times", "memory", "expected"),
    [
        (STEADY, 0.99, False),
        ([*STEADY, 13.0, 14.0, 12.0], 0.99, True),
        ([*STEADY, 3.5, 3.2, 3.4], 0.96, True),
        ([*STEADY, 2.5, 2.9, 2.6], 0.99, False),
        ([*STEADY, 13.0, 14.0, 12.0], 0.6, False),
        ([*STEADY, 13.0, 14.0, 12.0], None, False),
        ([*STEADY, 30.0, 1.0, 1.0], 0.99, False),
        ([9.0, 3.0, 13.0], 0.99, False),
        ([], 0.99, False),
    ],
    ids=[
        "steady",
        "spilled",
        "just",
        "slower but not thrice",
        "memory free",
        "no memory known",
        "one step that saves",
        "too early to say",
        "nothing",
    ],
)
def test_spill_is_slow_and_full(times: list[float], memory: float | None, *, expected: bool) -> None:
    """Thrice the first steady time and a full memory, both together, and not for a single step."""
    assert spilling(readings(times, memory)) is expected


def test_without_the_package_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a missing package nor a machine without a GPU stands in the way of a training."""
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with gpu_memory() as memory:
        assert memory() is None
