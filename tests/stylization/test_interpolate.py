from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.media.clip import Clip
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe
from orchestrator.stylization.between import stretches
from orchestrator.stylization.consistency.between import filled
from orchestrator.stylization.consistency.keyframes import evenly

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
    made = list(filled(source, _style(first), _style(last)))[every // 2 - 1]
    fade = (_style(first).astype(int) + _style(last)) // 2
    assert np.abs(made - painted).mean() < 0.65 * np.abs(fade - painted).mean()


def test_standing_still_repeats_the_painting() -> None:
    """Without motion the painted frame itself comes back, from one side or from both."""
    scene = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8), (0, 0), 2)
    known = 255 - scene
    for after in (None, known):
        for made in filled([scene] * 4, known, after):
            assert np.abs(made.astype(int) - known)[4:-4, 4:-4].max() <= 1


def test_the_nearer_frame_counts_more() -> None:
    """Between two paintings of one picture, the mixture follows the position."""
    scene = cv2.GaussianBlur(np.random.default_rng(2).integers(60, 190, (96, 128, 3), np.uint8), (0, 0), 2)
    mixed = filled([scene] * 5, scene - 40, scene + 40)
    for position, made in zip((0.25, 0.5, 0.75), mixed, strict=True):
        shift = (made.astype(int) - scene)[8:-8, 8:-8].mean()
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
    (made,) = filled([before, now], before + warmer, None)
    assert np.abs(made.astype(int) - (now + warmer)).max() <= 2


@given(st.integers(0, 40), st.integers(1, 6), st.lists(st.integers(1, 39), unique=True).map(sorted))
def test_every_frame_is_painted_or_lies_beside_one(count: int, every: int, cuts: list[int]) -> None:
    """Each shot's first frame is painted; the others follow from frames of their own shot."""
    cuts = [each for each in cuts if each < count]
    painted = evenly(count, every, cuts)
    found = stretches(count, painted, cuts, frozenset(range(count)))
    between_them = {index: stretch.keys for stretch in found for index in stretch.frames}
    assert sorted([*painted, *between_them]) == list(range(count))
    assert set(cuts) <= set(painted)
    for index, (before, *after) in between_them.items():
        assert before < index < before + every
        assert not any(before < each <= (after[0] if after else index) for each in cuts)


def test_at_a_cut_only_one_side_counts() -> None:
    """With every second frame of two shots of three, the frames between know their neighbours."""
    assert evenly(7, 2, (3,)) == (0, 2, 3, 5)
    found = stretches(7, (0, 2, 3, 5), (3,), frozenset(range(7)))
    assert {stretch.keys: stretch.frames for stretch in found} == {(0, 2): {1}, (3, 5): {4}, (5,): {6}}
    assert evenly(3, 1, ()) == (0, 1, 2)
