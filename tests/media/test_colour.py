from __future__ import annotations

import numpy as np
import pytest

from orchestrator.media.colour import Statistics, reinhard, statistics


def _picture(seed: int, low: int = 60, high: int = 190) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, (40, 50, 3)).astype(np.uint8)


def test_a_picture_takes_on_the_references_colours() -> None:
    """Mean and spread of L*, a*, b* become the reference's."""
    reference = statistics([_picture(1, 90, 130)])
    moved = statistics([reinhard(_picture(2), reference)])
    assert moved.mean == pytest.approx(reference.mean, abs=0.3)
    assert moved.deviation == pytest.approx(reference.deviation, abs=0.3)


def test_its_own_statistics_change_nothing() -> None:
    """Matching a picture to itself gives it back within rounding."""
    picture = _picture(3)
    assert np.abs(reinhard(picture, statistics([picture])).astype(int) - picture).max() <= 1


def test_several_pictures_count_as_one() -> None:
    """The statistics of a set are those of all its pixels, whatever the sizes."""
    first, second = _picture(4), _picture(5, 0, 90)
    together = statistics([np.concatenate([first, second])])
    apart = statistics([first, second[:20], second[20:]])
    assert apart.mean == pytest.approx(together.mean)
    assert apart.deviation == pytest.approx(together.deviation)


def test_lightness_is_cielabs() -> None:
    """White is L* = 100 and middle grey (119) L* = 50, both without colour."""
    for level, lightness in ((255, 100.0), (119, 50.0), (0, 0.0)):
        mean = statistics([np.full((2, 2, 3), level, np.uint8)]).mean
        assert mean == pytest.approx((lightness, 0, 0), abs=0.15)


def test_a_flat_picture_takes_the_mean_alone() -> None:
    """Where nothing varies there is nothing to stretch, and no division by zero."""
    flat = np.full((4, 4, 3), 40, np.uint8)
    moved = reinhard(flat, Statistics((50.0, 0.0, 0.0), (20.0, 5.0, 5.0)))
    assert np.abs(moved.astype(int) - 119).max() <= 1
