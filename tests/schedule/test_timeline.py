"""Times in settings, and the frames that they mean."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.timeline import Time, Timeline, parsed


@pytest.mark.parametrize(
    ("written", "position"),
    [
        (30, 30),
        ("30", 30),
        ("30 frames", 30),
        ("1 frame", 1),
        ("12f", 12),
        ("2s", 50),
        ("2.5 s", Fraction(125, 2)),
        ("400ms", 10),
        ("50%", Fraction(99, 2)),
        ("100%", 99),
    ],
)
def test_a_time_means_a_frame(written: str | int, position: Fraction) -> None:
    """Frames, seconds and shares of the clip all become the index of a frame."""
    assert parsed(written).position(Timeline.even(100, 25)) == position


@pytest.mark.parametrize("written", ["", "soon", "-3", "1.5", "3 frames later", "50 %%", True, None, [1]])
def test_what_is_no_time_is_refused(written: object) -> None:
    """The message shows what was written, and what may be."""
    with pytest.raises(ValueError, match="write"):
        parsed(written)


def test_a_broken_number_of_frames_is_taken_for_forgotten_seconds() -> None:
    """The remedy is the very text to write."""
    with pytest.raises(ValueError, match=r"write 1\.5s"):
        parsed("1.5")


def test_lengths() -> None:
    """A length of time is so many frames at the mean rate; 100 % is the whole clip."""
    timeline = Timeline.even(48, Fraction(24))
    assert [parsed(text).length(timeline) for text in ("12 frames", "0.5s", "25%")] == [12, 12, 12]


@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=20),
    st.fractions(min_value=0, max_value=20, max_denominator=50),
    st.fractions(min_value=0, max_value=20, max_denominator=50),
)
def test_later_times_never_come_before(gaps: list[int], one: Fraction, other: Fraction) -> None:
    """At a variable rate too, time goes one way, and each frame's own time is that frame."""
    times = tuple(Fraction(sum(gaps[:index]), 100) for index in range(len(gaps) + 1))
    timeline = Timeline(times, Fraction(25))
    early, late = sorted([one, other])
    assert timeline.frame_at(early) <= timeline.frame_at(late)
    assert [timeline.frame_at(time) for time in times] == list(range(len(times)))


@given(st.integers(0, 10_000), st.sampled_from(["frames", "s", "%"]))
def test_a_written_time_reads_back(amount: int, unit: str) -> None:
    """What is stored of a time means the same time."""
    time = parsed(f"{amount} {unit}")
    assert parsed(str(time)) == time == Time(Fraction(amount), time.unit)


@pytest.mark.parametrize("written", ["1234.567s", "0.00001s", "1234567 frames", "33.333333%", "400ms"])
def test_no_digit_of_a_time_is_lost(written: str) -> None:
    """Keys of stages and the report's settings hold times as text."""
    assert parsed(str(parsed(written))) == parsed(written)
    assert "e" not in str(parsed(written)).replace("frames", "")
