"""Which ways to paint are tried before all frames are painted, and on which frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.stylization.variants import label, spread, variants

OWN = {"strength": 0.4, "lora_weight": 1.0, "steps": 20, "cfg_scale": 7.0, "seed": 1}


def test_without_a_wish_the_projects_own_stands_amid_others() -> None:
    """Three strengths by three weights, the project's own in the middle."""
    rows, columns = variants(OWN, {}, lora=True)
    assert [row["strength"] for row in rows] == [0.28, 0.4, 0.56]
    assert [column["lora_weight"] for column in columns] == [0.7, 1.0, 1.3]


def test_values_stay_where_they_mean_something() -> None:
    """At the end of a range fewer are tried; without a LoRA its weight is left out."""
    rows, columns = variants({**OWN, "strength": 0.95}, {}, lora=False)
    assert [row["strength"] for row in rows] == [0.665, 0.95, 1.0]
    assert columns == [{}]


def test_what_is_asked_for_is_tried_each_with_each() -> None:
    """Nothing else varies then."""
    asked = {"strength": (), "steps": (20, 30), "lora_weight": (0.8, 1.2)}
    rows, columns = variants(OWN, asked, lora=True)
    assert rows == [{"strength": 0.4}]
    assert len(columns) == 4
    assert {"steps": 30, "lora_weight": 0.8} in columns


def test_a_label_says_its_settings_and_which_are_the_projects_own() -> None:
    """All that differs is told; the star stands where nothing differs from the project."""
    assert label({"strength": 0.4, "lora_weight": 1.3}, OWN) == "strength 0.4, LoRA 1.3"
    assert label({"strength": 0.4, "steps": 20, "seed": 1}, OWN) == "strength 0.4, 20 steps, seed 1 *"


@pytest.mark.parametrize(
    ("count", "cuts", "frames"),
    [
        (100, (), [12, 37, 75]),
        (100, (60,), [15, 45, 80]),
        (100, (10, 20, 50, 60), [5, 35, 80]),
        (2, (), [0, 1]),
        (1, (), [0]),
    ],
)
def test_frames_show_much_of_a_clip(count: int, cuts: tuple[int, ...], frames: list[int]) -> None:
    """The longest shots are seen; where there are few, they are seen more than once."""
    assert spread(count, cuts, 3) == frames


@given(st.integers(1, 500), st.sets(st.integers(1, 499)), st.integers(1, 6))
def test_frames_are_there_and_differ(count: int, cuts: set[int], number: int) -> None:
    """As many as asked for, or as the clip has."""
    frames = spread(count, sorted(cut for cut in cuts if cut < count), number)
    assert len(set(frames)) == len(frames) == min(number, count)
    assert all(0 <= frame < count for frame in frames)
