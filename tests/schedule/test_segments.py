"""Looks that follow one another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import ProjectError
from orchestrator.stylization.schedule.segments import Segment, check, mixed_frames, shares
from orchestrator.stylization.schedule.segments import shown as frames_of
from orchestrator.timeline import Timeline

SEASONS = ("spring", "summer", "autumn", "winter")
CLIP = Timeline.even(240, 30)


def segments(*written: dict[str, Any]) -> list[Segment]:
    return [Segment.model_validate(each) for each in written]


def seasons(fade: str = "12 frames") -> list[Segment]:
    return segments(
        *({"from": f"{2 * number}s", "prompt": name, "fade": fade} for number, name in enumerate(SEASONS))
    )


def shown(frame: int) -> dict[str | None, float]:
    return {share.segment.prompt: share.weight for share in shares(frame, seasons(), CLIP)}


def test_four_seasons() -> None:
    """Each stands for two seconds, and comes in over twelve mixed frames from its own beginning."""
    assert shown(0) == shown(59) == {"spring": 1}
    assert shown(60) == pytest.approx({"spring": 12 / 13, "summer": 1 / 13})
    assert shown(71) == pytest.approx({"spring": 1 / 13, "summer": 12 / 13})
    assert shown(72) == shown(119) == {"summer": 1}
    assert shown(239) == {"winter": 1}
    starts = (60, 120, 180)
    assert mixed_frames(seasons(), CLIP) == tuple(frame for at in starts for frame in range(at, at + 12))


def test_without_a_fade_the_look_changes_at_once() -> None:
    """No frame is painted twice."""
    assert mixed_frames(seasons("0 frames"), CLIP) == ()
    assert shares(60, seasons("0 frames"), CLIP)[0].segment.prompt == "summer"


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1)), min_size=1, max_size=6), st.integers(1, 300))
def test_weights_sum_to_one_and_the_new_look_grows(spans: list[tuple[int, float]], count: int) -> None:
    """Whatever the lengths and fades, a frame shows one whole look or two shares of it."""
    starts = [sum(length for length, _ in spans[:index]) for index in range(len(spans))]
    made = segments(
        *(
            {"from": start, "fade": int(share * length)}
            for start, (length, share) in zip(starts, spans, strict=True)
        )
    )
    clip = Timeline.even(count, 25)
    seen: dict[int, list[int]] = {index: [] for index in range(len(made))}
    before = (0, 0.0)
    for frame in range(count):
        found = shares(frame, made, clip)
        assert sum(share.weight for share in found) == pytest.approx(1)
        assert all(0 < share.weight <= 1 for share in found)
        progress = (made.index(found[-1].segment), found[-1].weight)
        assert progress >= before
        before = progress
        for share in found:
            seen[made.index(share.segment)].append(frame)
    assert [list(frames) for frames in frames_of(made, clip)] == list(seen.values())


def test_a_segment_that_no_frame_shows_is_refused() -> None:
    """Two that begin between the same two frames: the first of them would have nothing to paint."""
    with pytest.raises(ProjectError, match="the next one begins before any frame shows it") as told:
        check(segments({"from": 0}, {"from": "1.005s"}, {"from": "1.01s"}), CLIP, name="stylize.segments")
    assert told.value.where == "stylize.segments.1"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            [{"from": 0}, {"from": "4s"}, {"from": "2s"}],
            "segments.2: the segment from 2s: it begins no later",
        ),
        ([{"from": 0}, {"from": "9s"}], "segments.1: the segment from 9s: it begins after"),
        ([{"from": 0}, {"from": "1s", "fade": "2s"}, {"from": "2s"}], "its fade lasts until frame 90"),
    ],
)
def test_segments_that_do_not_fit_the_clip_are_refused(written: list[dict[str, Any]], said: str) -> None:
    """Before the run, with the segment that is wrong."""
    with pytest.raises(ProjectError) as caught:
        check(segments(*written), CLIP, name="stylize.segments")
    assert said in str(caught.value)


def test_segments_that_fit_are_approved() -> None:
    """A last fade may be cut off by the clip's end."""
    check(seasons(), CLIP, name="stylize.segments")
    check(segments({"from": "1s"}, {"from": "7s", "fade": "3s"}), CLIP, name="stylize.segments")


def test_editors_are_told_a_default_that_may_be_written() -> None:
    """The JSON schema's default of a fade is a time as settings have it."""
    fade = Segment.model_json_schema()["properties"]["fade"]["default"]
    assert Segment.model_validate({"from": 0, "fade": fade}) == Segment.model_validate({"from": 0})
