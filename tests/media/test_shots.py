from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.media.clip import cut
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe
from orchestrator.media.shots import cuts

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BIKES = (30, 76, 137, 187, 242)  # read off a contact sheet by eye


def test_the_cuts_of_a_real_video_are_found(bikes: Path, bunny: Path) -> None:
    """All five cuts of the street and none of the film, though a taxi sweeps through the picture."""
    assert cuts(frames(cut(probe(bikes), None, None), size=(320, 136))) == BIKES
    assert cuts(frames(cut(probe(bunny), None, None), size=(320, 180))) == ()


def _scene(seed: int, frame: int) -> NDArray[np.uint8]:
    """A coarse random picture that drifts by a pixel each frame."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.roll(np.kron(coarse, np.ones((8, 8, 1), np.uint8)), frame, axis=1)


@pytest.mark.parametrize("lengths", [(1, 20), (20, 1), (2, 2, 2), (9, 4, 30), (12,)])
def test_shots_of_any_length_are_told_apart(lengths: tuple[int, ...]) -> None:
    """A cut is found wherever it lies, also right after the start and right before the end."""
    video = [_scene(shot, frame) for shot, length in enumerate(lengths) for frame in range(length)]
    assert cuts(iter(video)) == tuple(int(sum(lengths[:shot])) for shot in range(1, len(lengths)))


def test_a_fade_and_a_still_are_no_cuts() -> None:
    """Slow change is not a new shot, nor is no change at all; nor is a single frame or none."""
    scene = _scene(0, 0).astype(float)
    fade = [(scene * level / 20).astype(np.uint8) for level in range(5, 21)]
    assert cuts(fade) == ()
    assert cuts([fade[-1]] * 10) == ()
    assert cuts(fade[:1]) == cuts([]) == ()
