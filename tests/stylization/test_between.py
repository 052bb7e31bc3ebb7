"""Frames between painted ones: as if they were painted, from both sides, and never from nowhere."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from orchestrator.stylization.consistency.between import filled
from orchestrator.stylization.consistency.keyframes import chosen
from orchestrator.stylization.settings import ConsistencySettings

Frame = NDArray[np.uint8]
HEIGHT, WIDTH = 96, 160


def texture(width: int, seed: int = 1) -> Frame:
    noise = np.random.default_rng(seed).integers(0, 256, (HEIGHT, width, 3)).astype(np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2).astype(np.float32)
    return np.clip((smooth - smooth.mean()) * 5 + 128, 0, 255).astype(np.uint8)


def panned(count: int, step: int) -> list[Frame]:
    """Return frames of a camera that moves to the right by some pixels a frame."""
    wide = texture(WIDTH + count * step)
    return [wide[:, step * index : step * index + WIDTH] for index in range(count)]


def styled(frame: Frame) -> Frame:
    return (255 - frame // 2).astype(np.uint8)


def apart(one: Frame, other: Frame) -> float:
    return float(np.abs(one.astype(float) - other)[8:-8, 8:-8].mean())


def test_frames_between_look_as_if_they_were_painted() -> None:
    """Along a fast pan, from both sides, each frame comes near to what its own painting would be."""
    frames = panned(9, 6)
    made = list(filled(frames, styled(frames[0]), styled(frames[-1])))
    assert len(made) == 7
    assert max(apart(frame, styled(now)) for frame, now in zip(made, frames[1:-1], strict=True)) < 4


def test_after_the_last_painted_frame_its_style_goes_on() -> None:
    """Without a painted frame after them, all frames to the end are made from the one before."""
    frames = panned(5, 3)
    made = list(filled(frames, styled(frames[0]), None))
    assert len(made) == 4
    assert max(apart(frame, styled(now)) for frame, now in zip(made, frames[1:], strict=True)) < 6


def test_the_nearer_painted_frame_counts_more() -> None:
    """Where nothing moves, the style goes over from one painted frame to the other in equal steps."""
    frames = [texture(WIDTH)] * 5
    dark, bright = frames[0] // 2, frames[0] // 2 + 80
    levels = [float((frame.astype(float) - dark).mean()) for frame in filled(frames, dark, bright)]
    assert np.allclose(levels, [20, 40, 60], atol=0.5)


def test_keyframes_are_dense_where_much_moves_and_sparse_where_nothing_does() -> None:
    """Gaps are `min_gap` in a fast pan and `max_gap` in a still, and each shot has its first frame."""
    fast, still = panned(30, 40), [texture(WIDTH, 2)] * 30
    settings = ConsistencySettings(mode="keyframes", min_gap=3, max_gap=9)
    keys = list(chosen([*fast, *still], (30,), settings))
    assert keys == [*range(0, 30, 3), *range(30, 60, 9)]


def test_a_shots_last_frame_is_painted_unless_one_is_near() -> None:
    """So that the frames before it have a painted one on both sides."""
    still = [texture(64)] * 30
    settings = ConsistencySettings(mode="keyframes", min_gap=4, max_gap=10)
    assert list(chosen(still[:27], (), settings)) == [0, 10, 20, 26]
    assert list(chosen(still[:23], (), settings)) == [0, 10, 20]
    assert list(chosen(still[:1], (), settings)) == [0]
    assert list(chosen([], (), settings)) == []
