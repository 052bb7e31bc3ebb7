"""Style carried along the motion: where it belongs, only where it can be trusted, and without drift."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from orchestrator.stylization.consistency.carried import motion, steadied

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT, WIDTH, SHIFT = 96, 128, 5


def texture(seed: int, width: int = WIDTH) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(0, 256, (HEIGHT, width, 3)).astype(np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3).astype(np.float32)
    return np.clip((smooth - smooth.mean()) * 6 + 128, 0, 255).astype(np.uint8)


def panned() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return two frames of a camera that moves to the right."""
    wide = texture(1, WIDTH + SHIFT)
    return wide[:, :WIDTH], wide[:, SHIFT:]


def test_flicker_is_taken_away_where_the_scene_only_moves() -> None:
    """With full blend a frame gets the style of the frame before, moved with the scene, and not its own."""
    before, now = panned()
    brighter, darker = before + (255 - before) // 4, now - now // 4
    frame = steadied(darker, now, brighter, motion(before, now), 1.0).astype(float)
    inside = np.s_[8:-8, 8 : -SHIFT - 8]
    wanted = (now + (255 - now) // 4).astype(float)
    assert np.abs(frame - wanted)[inside].mean() < 3
    assert np.abs(darker - wanted)[inside].mean() > 40


def test_what_was_uncovered_is_painted_freely() -> None:
    """The strip that the camera has only now reached keeps what was painted there."""
    before, now = panned()
    painted = np.full_like(now, 200)
    frame = steadied(painted, now, np.zeros_like(before), motion(before, now), 1.0)
    assert (frame[:, -2:] == 200).mean() > 0.95
    assert (frame[8:-8, 8:-16] == 200).mean() < 0.05


def test_no_blend_changes_nothing() -> None:
    """At blend 0 a frame is what was painted."""
    before, now = panned()
    painted = texture(3)
    assert np.array_equal(steadied(painted, now, texture(4), motion(before, now), 0.0), painted)


def test_detail_and_style_do_not_drift_over_two_hundred_frames() -> None:
    """A style carried from frame to frame along a shaking camera neither smears nor grows."""
    wide = texture(5, WIDTH + 2 * SHIFT)
    shifts = np.random.default_rng(6).integers(0, 2 * SHIFT, 200)
    frames = [wide[:, shift : shift + WIDTH] for shift in shifts]

    def styled(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return (frame * 0.7 + 30).astype(np.uint8)

    output = styled(frames[0])
    for before, now in pairwise(frames):
        output = steadied(styled(now), now, output, motion(before, now), 0.7)
    inside = np.s_[8:-8, 16:-16]
    drift = output[inside].astype(float) - styled(frames[-1])[inside]
    assert abs(drift.mean()) < 1
    assert np.abs(drift).mean() < 4
