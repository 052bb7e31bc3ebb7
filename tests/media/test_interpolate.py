from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.media.clip import Clip
from orchestrator.media.decode import frames
from orchestrator.media.interpolate import Between, Painted, between, chosen, places
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def _style(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a poster: few tones, and warmer."""
    flat = cv2.bilateralFilter(frame, 5, 40, 5) // 48 * 48
    return cv2.add(flat, (40, 20, 0, 0))


@pytest.mark.parametrize("start", [4, 90, 210])
@pytest.mark.parametrize("every", [2, 4])
def test_a_street_between_painted_frames_looks_painted(bikes: Path, start: int, every: int) -> None:
    """The frame in the middle comes much nearer to its painting than a cross-fade does."""
    clip = Clip(probe(bikes), start, start + every + 1)
    source = list(frames(clip))
    first, middle, last = source[0], source[every // 2], source[every]
    painted = _style(middle).astype(int)
    made = between(middle, Painted(first, _style(first)), Painted(last, _style(last)), 0.5)
    fade = (_style(first).astype(int) + _style(last)) // 2
    assert np.abs(made - painted).mean() < 0.65 * np.abs(fade - painted).mean()


def test_standing_still_repeats_the_painting() -> None:
    """Without motion the painted frame itself comes back, from one side or from both."""
    scene = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8), (0, 0), 2)
    known = Painted(scene, 255 - scene)
    for after in (None, known):
        made = between(scene, known, after, 0.3)
        assert np.abs(made.astype(int) - known.result)[4:-4, 4:-4].max() <= 1


def test_the_nearer_frame_counts_more() -> None:
    """Between two paintings of one picture, the mixture follows the position."""
    scene = cv2.GaussianBlur(np.random.default_rng(2).integers(60, 190, (96, 128, 3), np.uint8), (0, 0), 2)
    dark, light = Painted(scene, scene - 40), Painted(scene, scene + 40)
    for position in (0.25, 0.5, 0.75):
        shift = (between(scene, dark, light, position).astype(int) - scene)[8:-8, 8:-8].mean()
        assert shift == pytest.approx(80 * position - 40, abs=1)


def test_what_is_new_takes_the_style_around() -> None:
    """What no painted frame shows is coloured as its surroundings, and keeps its own detail."""
    noise = np.random.default_rng(3).integers(0, 256, (2, 200, 280, 3)).astype(np.uint8)
    before, other = (
        cv2.normalize(cv2.GaussianBlur(each, (0, 0), 2), None, 30, 200, cv2.NORM_MINMAX) for each in noise
    )
    now = before.copy()
    now[60:140, 60:140] = other[60:140, 60:140]
    warmer = np.uint8((40, 10, 0))
    made = between(now, Painted(before, before + warmer), None, 0)
    assert np.abs(made.astype(int) - (now + warmer)).max() <= 2


@given(st.integers(0, 40), st.integers(1, 6), st.lists(st.integers(1, 39), unique=True).map(sorted))
def test_every_frame_is_painted_or_lies_beside_one(count: int, every: int, cuts: list[int]) -> None:
    """Each shot's first frame is painted; the others follow from frames of their own shot."""
    cuts = [each for each in cuts if each < count]
    painted = chosen(count, every, cuts)
    between_them = dict(places(count, painted, cuts))
    assert sorted([*painted, *between_them]) == list(range(count))
    assert set(cuts) <= set(painted)
    for index, place in between_them.items():
        assert place.before < index < place.before + every
        assert not any(place.before < each <= (place.after or index) for each in cuts)
        if place.after is not None:
            assert place.position == pytest.approx((index - place.before) / (place.after - place.before))


def test_at_a_cut_only_one_side_counts() -> None:
    """With every second frame of two shots of three, the frames between know their neighbours."""
    assert chosen(7, 2, (3,)) == (0, 2, 3, 5)
    assert dict(places(7, (0, 2, 3, 5), (3,))) == {
        1: Between(0, 2, 0.5),
        4: Between(3, 5, 0.5),
        6: Between(5, None, 0.0),
    }
    assert chosen(3, 1, ()) == (0, 1, 2)
