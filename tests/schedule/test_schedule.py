"""Schedules: from settings to a value for each frame."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter

from orchestrator import document
from orchestrator.errors import ProjectError
from orchestrator.settings import Settings
from orchestrator.stylization.schedule.schedule import Schedule, within
from orchestrator.timeline import Timeline

FPS = 25


class Request(Settings):
    """Three numbers of a request."""

    strength: Annotated[Schedule, within(0, 1)] = Field(default=0.5)
    steps: Annotated[Schedule, within(1, 150, whole=True)] | None = None
    free: Schedule = Field(default=0.0)


def read(yaml: str) -> Request:
    return document.parse(yaml, Request, name="project.yaml", folder=Path("/"))


def values(written: Any, count: int, seed: int = 0) -> list[float]:
    schedule = TypeAdapter(Schedule).validate_python(written)
    return list(schedule.values(Timeline.even(count, FPS), seed=seed))


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        # the two examples of Deforum's own guide to keyframes and mathematics
        ("0:(-2), 100:(4)", 120, {0: -2, 50: 1, 100: 4, 119: 4}),
        ("0:(0), 1:(1), 5:(5), 10:(10)", 11, {frame: frame for frame in range(11)}),
        # its default settings
        ("0: (1.0025+0.002*sin(1.25*3.14*t/30))", 120, {0: 1.0025, 6: 1.003914, 12: 1.004500}),
        ('0:(s), 1:(-1), "max_f-1":(-1), "max_f":(s)', 60, {0: 7, 1: -1, 30: -1, 58: -1, 59: 7}),
        ("0: (0.65)", 3, {0: 0.65, 1: 0.65, 2: 0.65}),
        # numbers lead to a formula's value at its key; a formula holds until the next key
        ("0:(0.4), 20:(0.5+0.2*cos(t/7)), 40:(0.9)", 60, {10: 0.354018, 20: 0.308037, 39: 0.651443, 40: 0.9}),
        ("10:(.3), 20:(.9)", 40, {0: 0.3, 15: 0.6, 39: 0.9}),
        ("0:(where(t>4, max(t, 9), 0)), max_f/2:(1)", 21, {4: 0, 5: 9, 9: 9, 10: 1, 20: 1}),
    ],
)
def test_deforums_schedules_have_deforums_values(text: str, count: int, expected: dict[int, float]) -> None:
    """The values are those of its own interpolation, run on numexpr and pandas."""
    found = values(text, count, seed=7)
    assert {frame: found[frame] for frame in expected} == pytest.approx(expected, abs=1e-6)


@given(
    st.lists(
        st.tuples(st.integers(0, 99), st.floats(-5, 5)), min_size=1, max_size=6, unique_by=lambda k: k[0]
    )
)
def test_between_keys_lies_a_line(points: list[tuple[int, float]]) -> None:
    """Keys are met, what lies between is linear, and the ends hold."""
    keys = sorted(points)
    found = values([{"at": at, "value": value} for at, value in keys], 100)
    assert found[: keys[0][0] + 1] == [keys[0][1]] * (keys[0][0] + 1)
    assert found[keys[-1][0] :] == [keys[-1][1]] * (100 - keys[-1][0])
    for (start, low), (end, high) in pairwise(keys):
        slope = (high - low) / (end - start)
        line = [low + slope * step for step in range(end - start + 1)]
        assert found[start : end + 1] == pytest.approx(line, abs=1e-9)


@pytest.mark.parametrize("ease", ["linear", "hold", "ease-in", "ease-out", "ease-in-out"])
def test_easings_keep_to_their_keys(ease: str) -> None:
    """Every easing begins and ends at the keys' values, and never goes back."""
    found = values([{"at": 0, "value": 0, "ease": ease}, {"at": "100%", "value": 1}], 11)
    assert (found[0], found[-1]) == (0, 1)
    assert found == sorted(found)


def test_easings_differ() -> None:
    """Half-way, a slow start is behind the line, a slow end ahead, and a held value has not moved."""
    middle = {
        ease: values([{"at": 0, "value": 0, "ease": ease}, {"at": 4, "value": 1}], 5)[1]
        for ease in ("linear", "hold", "ease-in", "ease-out", "ease-in-out")
    }
    assert middle == pytest.approx(
        {"linear": 0.25, "hold": 0, "ease-in": 0.0625, "ease-out": 0.4375, "ease-in-out": 0.15625}
    )


def test_units_may_be_mixed() -> None:
    """Frames, seconds and shares stand in one list."""
    keys = [{"at": 0, "value": 0}, {"at": "0.4s", "value": 1}, {"at": "100%", "value": 0}]
    assert values(keys, 21)[::5] == [0, 0.5, 1, 0.5, 0]


def test_a_key_beyond_the_end_is_aimed_at() -> None:
    """A clip cut shorter has the beginning of the same curve."""
    keys = [{"at": 0, "value": 0}, {"at": "10s", "value": 10}]
    assert values(keys, 26) == values(keys, 251)[:26]


@pytest.mark.parametrize(
    "written",
    [0.3, "0.5 + 0.1*sin(t/5)", "0: (0.3), max_f: (0.6)", [{"at": "50%", "value": "t/99", "ease": "hold"}]],
)
def test_what_is_stored_is_the_same_schedule(written: Any) -> None:
    """Settings written as JSON and read again mean the same."""
    request = Request.model_validate({"strength": written, "steps": None})
    assert Request.model_validate_json(request.model_dump_json()) == request


def test_a_constant_is_stored_as_a_number() -> None:
    """A project without schedules keeps the settings that it had."""
    assert read("strength: 0.25").model_dump(mode="json") == {"strength": 0.25, "steps": None, "free": 0.0}
    assert read("strength: 0.25").strength.constant


def test_whole_numbers_are_rounded() -> None:
    """Steps between keys are whole."""
    request = read("steps: [{at: 0, value: 10}, {at: 4, value: 12}]")
    assert request.steps is not None
    assert request.steps.values(Timeline.even(5, FPS)) == (10, 10, 11, 12, 12)


@pytest.mark.parametrize(
    ("yaml", "place", "said"),
    [
        ("strength: 2", "1:1", "2 is not from 0 to 1"),
        ("strength: [{at: 0, value: 0.1}, {at: 1s, value: -1}]", "1:1", "-1 at 1s is not from 0 to 1"),
        ("strength:\n  - {at: 0, value: 0.1}\n  - {at: 9x, value: 0.1}", "3:6", "'9x' is no time"),
        ("strength:\n  - {at: 0, value: 0.1}\n  - {at: 9, value: t + y}", "3:13", "character 5"),
        ("strength: [{at: 0, value: 1, esae: hold}]", "1:30", "did you mean 'ease'"),
        ("strength: [{at: 0, value: 0.1, ease: bouncy}]", "1:32", "'linear'"),
        ("strength: []", "1:1", "no keys"),
        ("strength: true", "1:1", "a number or a formula"),
        ('strength: "0: 3"', "1:1", "character 4: a value stands in parentheses"),
        ('strength: "0: (3"', "1:1", "character 4: this parenthesis is never closed"),
        ('strength: "0: (1) 3: (1)"', "1:1", "character 8: '3' stands where a comma should"),
        ('strength: "0: (1), 5: (t.x)"', "1:1", "character 13"),
        ('strength: "0: (1), (t)"', "1:1", "character 9: '(t)' has no frame"),
        ('strength: "-1: (1)"', "1:1", "character 1: before the colon stands a frame"),
        ('strength: ":"', "1:1", "character 2"),
        ('strength: ""', "1:1", "character 1: a number or formula is missing"),
    ],
)
def test_mistakes_are_told_with_their_place(yaml: str, place: str, said: str) -> None:
    """Line and column of the file, the character of a text, and what to write."""
    with pytest.raises(ProjectError) as caught:
        read(yaml)
    assert str(caught.value).startswith(f"project.yaml:{place}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("strength: t", "at frame 2 it is 2, not from 0 to 1"),
        ("strength: 1/(t-3)", "'1/(t-3)' has no value at frame 3"),
        ("strength: [{at: 5, value: 1}, {at: 0.2s, value: 0}]", "does not come after the one at 5 frames"),
    ],
)
def test_every_frame_is_checked_before_the_run(yaml: str, said: str) -> None:
    """What only the clip's length brings to light names setting and frame."""
    timeline = Timeline.even(10, FPS)
    with pytest.raises(ProjectError, match=r"stylize\.strength") as caught:
        read(yaml).strength.values(timeline, name="stylize.strength")
    assert said in str(caught.value)


def test_editors_learn_the_forms() -> None:
    """The JSON schema offers a number, a text and a list of keys."""
    shape = Request.model_json_schema()["properties"]["strength"]
    assert shape["default"] == 0.5
    assert [each["type"] for each in shape["anyOf"]] == ["number", "string", "array"]


@given(st.text(alphabet="0123456789:(), .tsinmax_f\"'+-*/", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text gives a finite value for each frame, or a complaint."""
    try:
        schedule = TypeAdapter(Schedule).validate_python(text)
        assert len(schedule.values(Timeline.even(5, FPS))) == 5
    except (ValueError, ProjectError) as error:
        assert str(error)  # noqa: PT017 - most texts are complaints
