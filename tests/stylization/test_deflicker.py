"""Flicker taken out after the fact: of frames from whatever program, and never across a cut."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orchestrator.metrics.warp_error import warp_error
from orchestrator.stylization.consistency.deflicker import deflickered

Frame = NDArray[np.uint8]
HEIGHT, WIDTH = 96, 128


def panned(count: int, seed: int) -> list[Frame]:
    noise = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH + 3 * count, 3)).astype(np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2).astype(np.float32)
    wide = np.clip((smooth - smooth.mean()) * 5 + 128, 40, 215).astype(np.uint8)
    return [wide[:, 3 * index : 3 * index + WIDTH] for index in range(count)]


def flickering(frames: list[Frame]) -> list[Frame]:
    chance = np.random.default_rng(7)
    return [(frame + chance.integers(-25, 26, 3)).clip(0, 255).astype(np.uint8) for frame in frames]


def error(source: list[Frame], result: list[Frame]) -> float:
    errors = [warp_error(*pair) for pair in zip(pairwise(source), pairwise(result), strict=True)]
    return float(np.mean([each for each in errors if each is not None]))


def test_flicker_goes_and_detail_stays() -> None:
    """A restless tint is calmed, and the frames are as sharp as they were."""
    source = panned(9, 1)
    restless = flickering(source)
    calm = list(deflickered(zip(source, restless, strict=True), ()))
    assert error(source, calm) < 0.3 * error(source, restless)
    sharpness = [np.mean([cv2.Laplacian(each, cv2.CV_32F).std() for each in row]) for row in (restless, calm)]
    assert sharpness[1] > 0.97 * sharpness[0]


def test_shots_know_nothing_of_each_other() -> None:
    """The frames of a shot come out the same whatever stands before or after them."""
    source = [*panned(5, 1), *panned(6, 2)]
    restless = flickering(source)
    together = list(deflickered(zip(source, restless, strict=True), (5,)))
    alone = [
        *deflickered(zip(source[:5], restless[:5], strict=True), ()),
        *deflickered(zip(source[5:], restless[5:], strict=True), ()),
    ]
    assert len(together) == 11
    assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6])
def test_clips_of_any_length_keep_it(count: int) -> None:
    """Even where a clip is shorter than what is looked at around each frame."""
    source = panned(count, 3)
    assert len(list(deflickered(zip(source, flickering(source), strict=True), ()))) == count
