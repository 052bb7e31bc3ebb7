from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.media.clip import cut
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe
from orchestrator.media.shots import cuts, find

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


def _mixed(scene: NDArray[np.uint8], colour: int, share: float) -> NDArray[np.uint8]:
    return np.rint(scene * (1 - share) + colour * share).astype(np.uint8)


@pytest.mark.parametrize("colour", [0, 90, 255])
@pytest.mark.parametrize("length", [5, 12, 30])
@pytest.mark.parametrize("hold", [1, 8])
def test_a_fade_through_a_plain_colour_parts_two_shots(colour: int, length: int, hold: int) -> None:
    """The boundary lies in the middle of what is blank, and the fading frames are told."""
    out = [_mixed(_scene(1, frame), colour, (frame + 1) / length) for frame in range(length)]
    into = [_mixed(_scene(2, frame), colour, 1 - (frame + 1) / length) for frame in range(length)]
    blank = [np.full_like(out[0], colour)] * hold
    found = find([*[_scene(1, 0)] * 10, *out, *blank, *into, *[_scene(2, length)] * 10])
    assert [shot.opening for shot in found.shots] == ["start", "fade"]
    assert abs(found.cuts[0] - (10 + length + hold / 2)) <= 2
    (fading,) = found.fades
    assert abs(fading.start - 10) <= 2
    assert abs(fading.stop - (10 + 2 * length + hold)) <= 2


def test_what_fades_on_one_side_alone_is_parted_at_the_other() -> None:
    """A shot that fades out keeps its black, one that fades in begins with it; the ends part nothing."""
    out = [_mixed(_scene(1, 0), 0, (frame + 1) / 10) for frame in range(10)]
    black = [np.zeros_like(out[0])] * 6
    first, second = [_scene(1, 0)] * 8, [_scene(2, 0)] * 8
    assert find([*first, *out, *black, *second]).cuts == (24,)
    assert find([*second, *black, *out[::-1], *first]).cuts == (8,)
    alone = find([*black, *out[::-1], *first, *out, *black])
    assert (alone.cuts, len(alone.fades)) == ((), 2)


@pytest.mark.parametrize("length", [1, 2, 4])
@pytest.mark.parametrize(("colour", "strength"), [(255, 1), (255, 0.6), (0, 1)])
def test_a_flash_ends_no_shot(length: int, colour: int, strength: float) -> None:
    """Where the light jumps and the picture is soon back, only the lit frames are told."""
    video = [_scene(3, frame // 2) for frame in range(30)]
    for index in range(12, 12 + length):
        video[index] = _mixed(video[index], colour, strength)
    found = find(video)
    assert found.cuts == ()
    assert found.flashes == ((12, 12 + length),)


def test_a_flash_that_dies_away_is_one() -> None:
    """The light may fall slowly after its jump."""
    video = [_scene(3, 0)] * 30
    for after, strength in enumerate((0.9, 0.6, 0.3)):
        video[12 + after] = _mixed(video[0], 255, strength)
    found = find(video)
    assert found.cuts == ()
    assert found.flashes[0].start == 12


def test_another_scene_is_no_flash() -> None:
    """Bright or not, what the picture does not come back from is a cut."""
    bright = [_mixed(_scene(4, frame), 255, 0.6) for frame in range(12)]
    found = find([*(_scene(3, frame) for frame in range(12)), *bright])
    assert found.cuts == (12,)
    assert found.flashes == ()


def test_shots_tile_the_video() -> None:
    """Each shot begins where the one before ends; an empty video has none."""
    found = find([_scene(shot, 0) for shot in (1, 1, 1, 2, 2, 3, 3, 3)])
    assert [(shot.start, shot.stop) for shot in found.shots] == [(0, 3), (3, 5), (5, 8)]
    assert find([]).shots == ()
