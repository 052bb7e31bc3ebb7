from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import ProjectError
from orchestrator.media.tiles import joined, split, tiles, weights

SIDES = st.integers(1, 24).map(lambda side: 8 * side)
LARGEST = st.integers(32, 120)
OVERLAPS = st.integers(0, 24)


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, LARGEST, OVERLAPS, st.integers(0, 9))
def test_unchanged_tiles_join_to_the_very_picture(
    width: int, height: int, largest: int, overlap: int, seed: int
) -> None:
    """Cutting and joining changes no value, whatever the sizes."""
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    places = tiles((width, height), largest, overlap)
    assert np.array_equal(joined(split(picture, places), places), picture)


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, LARGEST, OVERLAPS)
def test_tiles_can_be_painted_and_overlap(width: int, height: int, largest: int, overlap: int) -> None:
    """All are of one size in multiples of 8, none too long, neighbours share enough, and all is covered."""
    places = tiles((width, height), largest, overlap)
    assert len({place.size for place in places}) == 1
    assert all(side % 8 == 0 and side <= largest for side in places[0].size)
    assert all(value % 8 == 0 for place in places for value in place)
    for low, high, side in ((0, 2, width), (1, 3, height)):
        spans = sorted({(place[low], place[high]) for place in places})
        assert (spans[0][0], spans[-1][1]) == (0, side)
        assert all(a[1] - b[0] >= overlap for a, b in pairwise(spans))


@settings(max_examples=30, deadline=None)
@given(SIDES, SIDES, LARGEST, OVERLAPS)
def test_weights_sum_to_one(width: int, height: int, largest: int, overlap: int) -> None:
    """Each pixel is made up of its tiles, all of them positive."""
    places = tiles((width, height), largest, overlap)
    total = np.zeros((height, width))
    for place, weight in zip(places, weights(places), strict=True):
        assert weight.min() > 0
        total[place.top : place.bottom, place.left : place.right] += weight
    assert total == pytest.approx(1)


def test_tiles_that_differ_meet_without_a_seam() -> None:
    """Where two tiles were painted 80 apart, no step is larger than the overlap's slope."""
    places = tiles((232, 64), 128, 24)
    pieces = [np.full((64, 128, 3), 80 + 80 * index, np.uint8) for index in range(len(places))]
    steps = np.abs(np.diff(joined(pieces, places).astype(int), axis=1))
    assert len(places) == 2
    assert 0 < steps.max() <= 80 / 24 + 1


def test_a_picture_that_fits_is_one_tile() -> None:
    """Nothing is cut that can be painted whole."""
    assert tiles((512, 320), 512, 64) == ((0, 0, 512, 320),)


@pytest.mark.parametrize(("size", "largest", "overlap"), [((100, 64), 64, 8), ((256, 256), 64, 64)])
def test_impossible_tiles_are_refused(size: tuple[int, int], largest: int, overlap: int) -> None:
    """A size that no model paints, and an overlap as large as the tile, are told with a remedy."""
    with pytest.raises(ProjectError) as caught:
        tiles(size, largest, overlap)
    assert caught.value.remedy
