"""What is measured over time, on motion whose answers are known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from orchestrator.metrics.flicker import flicker
from orchestrator.metrics.lpips import load_lpips, lpips
from orchestrator.metrics.mask_iou import mask_iou
from orchestrator.metrics.motion import Motion, between
from orchestrator.metrics.temporal_lpips import temporal_lpips
from orchestrator.metrics.warp_error import change_along

PHOTO = data.astronaut()
SHIFT = 6  # pixels to the right per frame
HEIGHT, WIDTH = 200, 240


def window(frame: int) -> np.ndarray:
    """The photo seen through a window that moves left, so that the picture moves right."""
    return PHOTO[150 : 150 + HEIGHT, 100 - SHIFT * frame : 100 + WIDTH - SHIFT * frame].copy()


def moved_by(pixels: int) -> Motion:
    """A known motion: each pixel lies so many pixels to the right in the other frame."""
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[..., 0] = pixels
    columns = np.arange(WIDTH) + pixels
    return Motion(flow, np.broadcast_to((columns >= 0) & (columns < WIDTH), (HEIGHT, WIDTH)))


def shot(level: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three moving frames, each brightened by so many levels of 255."""
    one, two, three = (
        np.clip(window(frame) // 2 + step, 0, 255).astype(np.uint8) for frame, step in enumerate(level)
    )
    return one, two, three


def test_warp_error_of_a_known_translation_is_exact() -> None:
    """Along the true motion a moving picture does not change; brightened by 51 it changes by (51 / 255)²."""
    back = moved_by(-SHIFT)
    assert change_along(back, window(0), window(1)) == pytest.approx(0, abs=1e-12)
    dark, bright = window(0) // 2, window(1) // 2 + 51
    assert change_along(back, dark, bright) == pytest.approx(0.04, rel=1e-9)
    still = change_along(back, window(0), window(0))
    columns = slice(SHIFT, WIDTH)  # what came in from the left has no past
    difference = window(0)[:, columns].astype(float) - window(0)[:, : WIDTH - SHIFT]
    assert still == pytest.approx(np.square(difference / 255).mean(), rel=1e-9)


def test_warp_error_in_a_region_counts_its_pixels_only() -> None:
    """A change in the lower half alone is none in the upper half."""
    upper = np.zeros((HEIGHT, WIDTH), bool)
    upper[: HEIGHT // 2] = True
    changed = window(1)
    changed[HEIGHT // 2 :] = 0
    assert change_along(moved_by(-SHIFT), window(0), changed, upper) == pytest.approx(0, abs=1e-12)
    assert change_along(moved_by(-SHIFT), window(0), changed, ~upper) > 0.01
    assert change_along(moved_by(-SHIFT), window(0), changed, np.zeros_like(upper)) is None


@pytest.mark.parametrize(
    ("levels", "energy"),
    [([0, 0, 0], 0.0), ([0, 20, 40], 0.0), ([0, 51, 0], (102 / 4 / 255) ** 2), ([51, 0, 51], 0.01)],
)
def test_flicker_passes_only_what_alternates(levels: list[int], energy: float) -> None:
    """What moves or brightens steadily does not flicker; 51 levels to and fro give (2 · 51 / 4 / 255)²."""
    measured = flicker(moved_by(-SHIFT), moved_by(SHIFT), shot(levels))
    assert measured == pytest.approx(energy, abs=1e-9)


def test_flicker_follows_the_motion_that_is_found() -> None:
    """Also along the estimated flow what moves with the source does not flicker, and what alternates does."""
    back, _ = between(window(1), window(0))
    ahead, _ = between(window(1), window(2))
    along = flicker(back, ahead, shot([0, 0, 0]))
    alternating = flicker(back, ahead, shot([0, 51, 0]))
    assert along < 1e-4
    assert alternating == pytest.approx(0.01, rel=0.05)


def test_temporal_lpips_is_the_difference_of_two_distances() -> None:
    """TLP is |LPIPS(result before, result) - LPIPS(source before, source)|; it is 0 for the source itself."""
    net = load_lpips()
    still = 255 - window(0)
    layers = net.backbone.look([window(0), window(1), still], tuple(net.heads))
    measured = temporal_lpips((layers[0], layers[1]), (layers[2], layers[2]), net.heads).item()
    assert measured == pytest.approx(lpips(window(0), window(1), net), rel=1e-5)
    assert measured > 0.01
    assert temporal_lpips((layers[0], layers[1]), (layers[0], layers[1]), net.heads).item() == 0


def test_masks_that_move_with_the_source_overlap_wholly() -> None:
    """A mask that follows the motion has 1; one that stays behind loses what it does not cover."""
    before, follows = (np.zeros((HEIGHT, WIDTH), bool) for _ in range(2))
    before[50:150, 60:120] = True
    follows[50:150, 60 + SHIFT : 120 + SHIFT] = True
    assert mask_iou(moved_by(-SHIFT), before, follows) == 1
    assert mask_iou(moved_by(-SHIFT), before, before) == pytest.approx((60 - SHIFT) / (60 + SHIFT))
    nothing = np.zeros_like(before)
    assert mask_iou(moved_by(-SHIFT), before, nothing) == 0
    assert mask_iou(moved_by(-SHIFT), nothing, nothing) is None
