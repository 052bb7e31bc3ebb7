from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from orchestrator.dataset.select import RULES, choose
from orchestrator.dataset.select.candidate import Candidate, look, sharpness
from orchestrator.dataset.select.spread import evenly, shares
from orchestrator.dataset.settings import RuleName, SelectSettings

Picture = NDArray[np.uint8]


def scene(seed: int, *, shift: int = 0) -> Picture:
    """A textured picture; other seeds show something else, `shift` moves the camera by so many pixels."""
    random = np.random.default_rng(seed)
    shapes = cv2.resize(random.uniform(40, 216, (24, 64, 3)), (512, 192), interpolation=cv2.INTER_CUBIC)
    wide = np.clip(shapes + random.uniform(-25, 25, (192, 512, 1)), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(wide[:, shift : shift + 256])


def measured(pictures: list[Picture], *, shots: list[int] | None = None) -> list[Candidate]:
    shots = shots or [0] * len(pictures)
    return [
        Candidate(i, shot, sharpness(p), look(p))
        for i, (p, shot) in enumerate(zip(pictures, shots, strict=True))
    ]


def blank(index: int, shot: int, sharp: float = 1.0) -> Candidate:
    return Candidate(index, shot, sharp, np.zeros((16, 16, 3), np.uint8))


def indices(candidates: Sequence[Candidate]) -> list[int]:
    return [each.index for each in candidates]


@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0])
def test_blurred_frames_are_dropped(sigma: float) -> None:
    """Frames blurred by a known sigma are left out, and all others stay."""
    pictures = [scene(1, shift=4 * i) for i in range(30)]
    blurred = {3, 11, 12, 29}
    for i in blurred:
        pictures[i] = cv2.GaussianBlur(pictures[i], (0, 0), sigma)
    assert indices(RULES["sharp"](measured(pictures), 5)) == sorted(set(range(30)) - blurred)


def test_a_soft_shot_keeps_its_frames() -> None:
    """Sharpness is compared within a shot: a soft one beside a sharp one loses nothing."""
    soft = [cv2.GaussianBlur(scene(1, shift=2 * i), (0, 0), 3) for i in range(8)]
    crisp = [scene(2, shift=2 * i) for i in range(8)]
    candidates = measured(soft + crisp, shots=[0] * 8 + [1] * 8)
    assert indices(RULES["sharp"](candidates, 4)) == list(range(16))


def test_near_duplicates_are_dropped() -> None:
    """Of a still picture with sensor noise one frame is kept, also when another shot lies between."""
    random = np.random.default_rng(0)
    noisy = [
        np.clip(scene(5).astype(int) + random.integers(-9, 10, (192, 256, 3)), 0, 255).astype(np.uint8)
        for _ in range(6)
    ]
    candidates = measured([*noisy[:3], scene(6), *noisy[3:]])
    assert indices(RULES["distinct"](candidates, 3)) == [0, 3]


def test_recoloured_frames_are_no_duplicates() -> None:
    """Colour counts: the same scene at another time of day is another picture."""
    day = scene(7)
    dusk = (day * np.array([0.9, 0.6, 0.5])).astype(np.uint8)
    assert indices(RULES["distinct"](measured([day, dusk]), 2)) == [0, 1]


def test_every_shot_is_shown_and_long_shots_more() -> None:
    """Shots of 10, 20 and 70 frames share ten places by their lengths, one each at least."""
    candidates = [blank(i, 0 if i < 10 else 1 if i < 30 else 2) for i in range(100)]
    taken = RULES["spread"](candidates, 10)
    assert [sum(each.shot == shot for each in taken) for shot in range(3)] == [1, 2, 7]


def test_within_a_shot_time_is_covered_evenly() -> None:
    """Frames of one shot lie at equal distances, give or take one frame."""
    taken = indices(RULES["spread"]([blank(i, 0) for i in range(100)], 7))
    gaps = np.diff(taken)
    assert len(taken) == 7
    assert gaps.max() - gaps.min() <= 1
    assert taken[0] < 10
    assert taken[-1] > 90


def test_more_shots_than_places_serves_the_longest() -> None:
    """With two places for three shots, the shortest gives none."""
    candidates = [blank(i, 0 if i < 9 else 1 if i < 12 else 2) for i in range(30)]
    assert [each.shot for each in RULES["spread"](candidates, 2)] == [0, 2]


@given(st.lists(st.integers(1, 40), max_size=12), st.integers(1, 60))
def test_places_are_divided_without_loss(sizes: list[int], count: int) -> None:
    """No group gets more than it has, and no place is lost while members are left."""
    held = shares(sizes, count)
    assert sum(held) == min(count, sum(sizes))
    assert all(0 <= places <= size for places, size in zip(held, sizes, strict=True))


@given(st.integers(0, 50), st.integers(1, 60))
def test_even_picks_are_distinct_and_ordered(length: int, count: int) -> None:
    """As many items as asked for, if there are as many, each once and in order."""
    picked = evenly(range(length), count)
    assert picked == sorted(set(picked))
    assert len(picked) == min(length, count)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1e4), st.integers(0, 255)), min_size=1, max_size=60),
    st.integers(1, 20),
    st.permutations(["sharp", "distinct", "spread"]),
)
def test_choice_honours_the_count(
    figures: list[tuple[int, float, int]], count: int, rules: list[RuleName]
) -> None:
    """Whatever the frames and the rules' order: some are taken, never more than asked for, in order, once."""
    figures = sorted(figures, key=lambda each: each[0])
    candidates = [
        Candidate(i, shot, sharp, np.full((16, 16, 3), grey, np.uint8))
        for i, (shot, sharp, grey) in enumerate(figures)
    ]
    taken = indices(choose(candidates, SelectSettings(count=count, rules=tuple(rules))))
    assert 1 <= len(taken) <= count
    assert taken == sorted(set(taken))


def test_without_rules_time_is_divided_evenly() -> None:
    """No rules at all still keep to the count."""
    taken = choose([blank(i, i // 5) for i in range(50)], SelectSettings(count=5, rules=()))
    assert indices(taken) == [5, 15, 25, 35, 45]
