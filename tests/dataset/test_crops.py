from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.dataset.crops import CLOSEST, closer, largest

sides = st.integers(8, 3000)
sizes = st.tuples(st.sampled_from([64, 256, 512]), st.sampled_from([64, 256, 768]))


@given(st.tuples(sides, sides), sizes)
def test_the_first_window_is_as_large_as_fits_and_in_the_middle(
    picture: tuple[int, int], size: tuple[int, int]
) -> None:
    """It touches two opposite sides and leaves equal margins at the others."""
    crop = largest(picture, size)
    assert crop.width == picture[0] or crop.height == picture[1]
    assert abs(crop.left - (picture[0] - crop.left - crop.width)) <= 1
    assert abs(crop.top - (picture[1] - crop.top - crop.height)) <= 1


@given(st.tuples(sides, sides), sizes, st.integers(0, 99))
def test_closer_windows_lie_inside_and_are_not_enlarged(
    picture: tuple[int, int], size: tuple[int, int], seed: int
) -> None:
    """They stay in the picture, no closer than `CLOSEST`, and never need more pixels than there are."""
    crop = closer(picture, size, np.random.default_rng(seed))
    whole = largest(picture, size)
    assert 0 <= crop.left <= picture[0] - crop.width
    assert 0 <= crop.top <= picture[1] - crop.height
    assert crop.width >= CLOSEST * whole.width - 1
    assert crop.width + 1 >= min(size[0], whole.width)


@given(st.tuples(st.integers(300, 3000), st.integers(300, 3000)), sizes)
def test_windows_keep_the_shape_of_the_training_picture(
    picture: tuple[int, int], size: tuple[int, int]
) -> None:
    """Nothing is stretched: width over height is right to the pixel."""
    for crop in (largest(picture, size), closer(picture, size, np.random.default_rng(0))):
        assert abs(crop.width - crop.height * size[0] / size[1]) <= 1 + size[0] / size[1]


def test_windows_follow_the_seed() -> None:
    """The same seed gives the same windows, another one others."""
    draw = lambda seed: closer((1280, 720), (256, 256), np.random.default_rng(seed))  # noqa: E731 - short
    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_closer_looks_cover_many_scales_and_places() -> None:
    """Of a large frame, windows run from nearly half the size to all of it, left to right."""
    random = np.random.default_rng(0)
    crops = [closer((1280, 720), (256, 256), random) for _ in range(200)]
    widths = [crop.width for crop in crops]
    assert min(widths) < 350
    assert max(widths) > 690
    assert min(crop.left for crop in crops) < 60
    assert max(crop.left + crop.width for crop in crops) > 1220
