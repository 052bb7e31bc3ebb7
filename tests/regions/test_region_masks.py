"""Masks made soft, steady, and used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moving_disc import COUNT, HEIGHT, WIDTH, disc, iou, middle, scene_of, texture

from orchestrator.media.clip import Clip
from orchestrator.media.decode import frames as decoded
from orchestrator.media.probe import probe
from orchestrator.regions.composite import composite
from orchestrator.regions.masks import opened
from orchestrator.regions.settings import RegionSettings
from orchestrator.regions.shape import shaped
from orchestrator.regions.steady import overlap, overlaps, steadied

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene

    Frame = NDArray[np.uint8]
    Mask = NDArray[np.float32]

SHAPE = (HEIGHT, WIDTH)


def mask_of(x: int, radius: int = 14) -> Mask:
    return disc(SHAPE, x, radius=radius).astype(np.float32)


@pytest.mark.parametrize("feather", [0, 1, 4, 12])
def test_far_from_its_edge_a_mask_is_exact(feather: float) -> None:
    """The soft edge is as wide as told, half of it on either side."""
    mask = shaped(mask_of(48), grow=0, feather=feather)
    half = feather / 2 + 1
    assert (mask[disc(SHAPE, 48, radius=int(14 - half))] == 1).all()
    assert (mask[~disc(SHAPE, 48, radius=int(14 + half + 1))] == 0).all()
    if feather >= 4:
        assert ((mask > 0.1) & (mask < 0.9)).any()


def test_a_mask_grows_and_shrinks() -> None:
    """By so many pixels."""
    for grow in (-5, 0, 5):
        assert iou(shaped(mask_of(48), grow=grow, feather=0), disc(SHAPE, 48, radius=14 + grow)) > 0.9


def test_doubt_is_cut_off() -> None:
    """What a network believes by a hundredth is outside."""
    faint = np.full(SHAPE, 0.04, np.float32)
    assert not shaped(faint, grow=0, feather=6).any()
    assert (shaped(1 - faint, grow=0, feather=6) == 1).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(-6, 6), st.floats(0, 16))
def test_shaped_masks_stay_masks(seed: int, grow: int, feather: float) -> None:
    """Whatever the mask."""
    mask = shaped(np.random.default_rng(seed).random(SHAPE, np.float32), grow=grow, feather=feather)
    assert mask.shape == SHAPE
    assert mask.dtype == np.float32
    assert 0 <= mask.min() <= mask.max() <= 1


@given(st.integers(0, 2**32 - 1))
def test_outside_its_mask_nothing_changes(seed: int) -> None:
    """Bit for bit; inside, the painted pixels are there bit for bit; between, each channel lies between."""
    chance = np.random.default_rng(seed)
    source, painted = chance.integers(0, 256, (2, 9, 7, 3), np.uint8)
    mask = np.clip(chance.random((9, 7), np.float32) * 3 - 1, 0, 1)
    result = composite(source, [(painted, mask)])
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result[mask == 0], source[mask == 0])
    np.testing.assert_array_equal(result[mask == 1], painted[mask == 1])
    assert (result >= np.minimum(source, painted)).all()
    assert (result <= np.maximum(source, painted)).all()


def test_later_layers_lie_over_earlier_ones() -> None:
    """Two regions that meet: the second one's style is seen."""
    grey, red, blue = (np.full((*SHAPE, 3), colour, np.uint8) for colour in (128, 200, 40))
    result = composite(grey, [(red, mask_of(40)), (blue, mask_of(50))])
    assert (result[disc(SHAPE, 50)] == 40).all()
    assert (result[disc(SHAPE, 40) & ~disc(SHAPE, 50)] == 200).all()


def test_no_region_leaves_the_source() -> None:
    """Without a copy of it being changed."""
    source = texture(*SHAPE)
    np.testing.assert_array_equal(composite(source, []), source)


LARGE = (120, 160)


def place(index: int) -> int:
    return 60 + 3 * index


def ball(index: int, jump: int = 0) -> NDArray[np.bool_]:
    return disc(LARGE, place(index) + jump, y=60, radius=30)


@pytest.fixture(scope="module")
def rolling() -> list[Frame]:
    """A ball with a pattern of its own that moves evenly before another pattern."""
    pattern = texture(LARGE[0], LARGE[1] + 100)
    around = pattern[:, :160] // 2
    skins = [pattern[:, 100 - 3 * index : 260 - 3 * index] // 2 + 128 for index in range(COUNT)]
    return [np.where(ball(index)[..., None], skin, around) for index, skin in enumerate(skins)]


def flickering() -> list[Mask]:
    """Return masks of the ball that jump to and fro."""
    return [ball(index, jump).astype(np.float32) for index, jump in enumerate((0, 3, -3, 3, -3, 3))]


def test_steadied_masks_flicker_less(rolling: list[Frame]) -> None:
    """And lie closer to where the ball is."""
    raw, steady = flickering(), list(steadied(flickering(), rolling, cuts=(), weight=0.8))
    calmer = np.mean(overlaps(steady, rolling, cuts=())) - np.mean(overlaps(raw, rolling, cuts=()))
    assert calmer > 0.05
    closer = [iou(b, ball(i)) - iou(a, ball(i)) for i, (a, b) in enumerate(zip(raw, steady, strict=True))]
    assert np.mean(closer[1:]) > 0.03


def test_a_flow_to_another_colour_is_not_trusted(frames: list[Frame]) -> None:
    """A flat disc has no pattern that its motion could be seen by; its masks still do not lag behind."""
    masks = [mask_of(middle(index)) for index in range(COUNT)]
    for index, mask in enumerate(steadied(masks, frames, cuts=(), weight=0.8)):
        assert iou(mask, disc(SHAPE, middle(index))) > 0.9


def test_nothing_is_carried_over_a_cut(rolling: list[Frame]) -> None:
    """The first mask of a shot is as it was found; nor is anything carried at weight 0."""
    masks = flickering()
    np.testing.assert_array_equal(list(steadied(masks, rolling, cuts={3}, weight=0.8))[3], masks[3])
    for mask, steady in zip(masks, steadied(masks, rolling, cuts=(), weight=0), strict=True):
        np.testing.assert_array_equal(mask, steady)


def test_overlap_follows_the_motion() -> None:
    """A mask that moves with its disc overlaps fully, one that stays behind does not; empty ones agree."""
    backward = np.full((*SHAPE, 2), (-3, 0), np.float32)
    assert overlap(mask_of(40), mask_of(43), backward) == 1
    assert overlap(mask_of(40), mask_of(40), backward) < 0.9
    assert overlap(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32), backward) == 1
    assert len(overlaps([mask_of(40)] * 4, [texture(*SHAPE)] * 4, cuts={2})) == 2


def test_a_regions_masks_are_found_turned_and_softened(frames: list[Frame], scene: Scene) -> None:
    """`invert` means everything else; the outside of a region is exactly 0."""
    where = {"colour": "#c81e28"}
    region = RegionSettings.model_validate({"where": where, "feather": 4})
    masks = list(opened(region, scene, cuts=())(frames))
    assert len(masks) == COUNT
    for index, mask in enumerate(masks):
        assert iou(mask, disc(SHAPE, middle(index))) > 0.85
        assert not mask[~disc(SHAPE, middle(index), radius=20)].any()
    inverted = RegionSettings.model_validate({"where": where, "feather": 4, "invert": True})
    for mask, other in zip(masks, opened(inverted, scene, cuts=())(frames), strict=True):
        np.testing.assert_allclose(mask + other, 1, atol=0.02)


def test_the_man_in_the_car_keeps_his_outline(carphone: Path) -> None:
    """Moved along the flow, a frame's mask agrees with the next one's, and steadying makes it agree more."""
    footage = probe(carphone)
    frames = list(decoded(Clip(footage, 40, 60)))
    scene = scene_of(len(frames))

    def figures(steady: float) -> list[float]:
        region = RegionSettings(where="person", steady=steady)
        return overlaps(opened(region, scene, cuts=())(frames), frames, cuts=())

    raw, steady = figures(0), figures(0.7)
    assert np.mean(steady) > np.mean(raw)
    assert np.mean(steady) > 0.99
    assert min(steady) > 0.95


def test_the_source_stays_outside_the_man(carphone: Path) -> None:
    """Every pixel outside the feathered mask of a real video is the source's."""
    footage = probe(carphone)
    frames = list(decoded(Clip(footage, 0, 4)))
    masks = opened(RegionSettings(where="person"), scene_of(4), cuts=())(frames)
    for frame, mask in zip(frames, masks, strict=True):
        result = composite(frame, [(255 - frame, mask)])
        assert 0.3 < (mask == 0).mean() < 0.7
        np.testing.assert_array_equal(result[mask == 0], frame[mask == 0])
