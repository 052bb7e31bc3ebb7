"""Warp error on motion whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from orchestrator.metrics.warp_error import warp_error

PHOTO = data.astronaut()
SHIFT = 6  # pixels to the right per frame


def window(offset: int) -> np.ndarray:
    """The photo seen through a window that moves left, so that the picture moves right."""
    return PHOTO[150:350, 100 - offset : 340 - offset].copy()


def test_a_result_that_moves_with_its_source_does_not_flicker() -> None:
    """A recoloured clip that keeps its colours along a pure translation has next to no warp error."""
    source = window(0), window(SHIFT)
    inverted = 255 - source[0], 255 - source[1]
    assert warp_error(source, inverted) == pytest.approx(0, abs=1e-4)


def test_a_constant_jump_in_brightness_gives_its_square() -> None:
    """A result of one grey that brightens by 51 levels has the error (51 / 255) squared = 0.04."""
    source = window(0), window(SHIFT)
    grey = np.full_like(source[0], 100)
    assert warp_error(source, (grey, grey + 51)) == pytest.approx(0.04, rel=1e-6)


def test_a_result_that_stands_still_is_compared_along_the_motion() -> None:
    """A still ramp of 1 level a pixel under a source moving 6 pixels is 6 levels off: (6 / 255) squared."""
    source = window(0), window(SHIFT)
    ramp = np.broadcast_to(np.arange(240, dtype=np.uint8)[None, :, None], source[0].shape).copy()
    assert warp_error(source, (ramp, ramp)) == pytest.approx((SHIFT / 255) ** 2, rel=0.1)


def test_scenes_without_anything_in_common_have_no_figure_or_little_to_stand_on() -> None:
    """Where nothing of the source can be followed, there is no figure instead of a made-up one."""
    rng = np.random.default_rng(0)
    source = tuple(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(2))
    result = (np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8))
    assert warp_error(source, result) in {None, 1.0}
