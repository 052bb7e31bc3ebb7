from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.media.clip import cut
from orchestrator.media.decode import frames
from orchestrator.media.duplicates import repeats, within
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Make = Callable[[str, str], Path]


def _noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(40, 200, (64, 96, 3), dtype=np.uint8)


def test_moving_pictures_repeat_nothing(bikes: Path, bunny: Path) -> None:
    """No frame of a street or of a film is taken for another."""
    for video in (bikes, bunny):
        clip = cut(probe(video), None, Fraction(2))
        assert list(repeats(frames(clip))) == list(range(clip.count))


@pytest.mark.parametrize("crf", [18, 23])
def test_held_drawings_are_found_behind_compression(make: Make, bikes: Path, crf: int) -> None:
    """Of a video on threes most repeats are found, and no new picture is lost."""
    held = "select='not(mod(n,3))',setpts=3*N/25/TB,fps=25,trim=end_frame=90"
    clip = cut(probe(make(f"held{crf}.mp4", f"-i {bikes} -vf {held} -c:v libx264 -crf {crf}")), None, None)
    found = list(repeats(frames(clip)))
    assert all(found[index] == index for index in range(0, clip.count, 3))
    assert sum(earlier < index for index, earlier in enumerate(found)) >= 0.8 * (clip.count * 2 // 3)


def test_a_frozen_video_repeats_one_frame() -> None:
    """All of it is its first frame; after the freeze it goes on."""
    assert list(repeats([_noise(1), *[_noise(2)] * 4, _noise(3)])) == [0, 1, 1, 1, 1, 5]
    assert list(repeats([])) == []


def test_slow_motion_adds_up() -> None:
    """What changes too little from frame to frame is new once it has changed enough."""
    slow = [np.full((64, 64, 3), 100 + frame, np.uint8) for frame in range(20)]
    found = list(repeats(slow))
    assert all(frame - earlier <= 4 for frame, earlier in enumerate(found))
    assert 3 <= len(set(found)) <= 5


def test_the_smallest_moving_thing_is_seen() -> None:
    """A mouth of a few pixels in a still picture makes a new frame."""
    still = np.full((720, 1280, 3), 120, np.uint8)
    mouth = still.copy()
    mouth[300:308, 400:412] = 90
    assert list(repeats([still, mouth, still])) == [0, 1, 2]


def test_nothing_is_repeated_across_a_cut() -> None:
    """A shot that opens with the picture of the shot before opens with a frame of its own."""
    black = np.zeros_like(_noise(1))
    repeated = list(repeats([_noise(1), black, black, black, black, _noise(2)]))
    assert within(repeated, (3,)) == (0, 1, 1, 3, 3, 5)
    assert within(repeated, ()) == tuple(repeated)
    assert all(a <= b for a, b in pairwise(within(repeated, (2, 4))))
