from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import MediaError
from orchestrator.media.clip import cut
from orchestrator.media.footage import Colour, Footage

COLOUR = Colour("yuv420p", "tv", "bt709", "bt709", "bt709", 8)
GAPS = st.fractions(min_value=Fraction(1, 240), max_value=1, max_denominator=90_000)
SECONDS = st.none() | st.fractions(min_value=-1, max_value=12, max_denominator=1000)


@st.composite
def footages(draw: st.DrawFn) -> Footage:
    """Any video of 1 to 12 frames."""
    time = draw(st.fractions(min_value=0, max_value=5, max_denominator=1000))
    gaps = draw(st.lists(GAPS, min_size=1, max_size=12))
    times = tuple(time + sum(gaps[:index]) for index in range(len(gaps)))
    duration = sum(gaps, Fraction(0))
    return Footage(
        Path("any.mp4"), (64, 48), len(gaps) / duration, times, duration, 0, (), COLOUR, Fraction(1)
    )


@settings(max_examples=30, deadline=None)
@given(footages(), SECONDS, SECONDS)
def test_a_clip_has_exactly_the_frames_of_its_time(
    footage: Footage, start: Fraction | None, end: Fraction | None
) -> None:
    """A frame belongs to the clip when start ≤ time < end; with none there is no clip."""
    low = -1 if start is None else start
    high = 100 if end is None else end
    inside = [i for i, time in enumerate(footage.times) if low <= time - footage.times[0] < high]
    if not inside:
        with pytest.raises(MediaError, match="no frame lies"):
            cut(footage, start, end)
        return
    clip = cut(footage, start, end)
    assert list(range(clip.start, clip.stop)) == inside
    assert clip.times[0] == 0
    assert len(clip.times) == clip.count == len(inside)


@settings(max_examples=30, deadline=None)
@given(footages(), st.fractions(min_value=0, max_value=12, max_denominator=1000))
def test_two_clips_that_meet_last_as_long_as_the_whole(footage: Footage, middle: Fraction) -> None:
    """Cutting in two loses no time and no frame."""
    if not any(time - footage.times[0] >= middle for time in footage.times) or middle == 0:
        return
    first, second = cut(footage, None, middle), cut(footage, middle, None)
    assert first.duration + second.duration == footage.duration
    assert first.count + second.count == footage.count
