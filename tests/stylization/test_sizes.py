"""At which size frames are painted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.media.letterbox import Box
from orchestrator.stylization.canvas import Canvas
from orchestrator.stylization.settings import StylizeSettings, TileSettings
from orchestrator.stylization.sizes import no_larger, sizes

PLAIN = StylizeSettings()


@pytest.mark.parametrize(
    ("own", "native", "painted"),
    [
        ((1280, 720), 512, (680, 384)),
        ((1920, 1080), 1024, (1368, 768)),
        ((1080, 1920), 1024, (768, 1368)),
        ((640, 272), 512, (640, 272)),
        ((1279, 3), None, (1280, 8)),
        ((3840, 2160), None, (3840, 2160)),
    ],
)
def test_no_more_is_painted_than_the_model_paints_well(
    own: tuple[int, int], native: int | None, painted: tuple[int, int]
) -> None:
    """A larger source is painted in the model's own area and its own shape; a smaller one as it is."""
    size = sizes(PLAIN, Canvas(own), native)
    assert (size.painted, size.given, size.requested) == (painted,) * 3


@given(st.integers(64, 8192), st.integers(64, 8192), st.sampled_from((512, 768, 1024)))
def test_the_shape_is_kept(width: int, height: int, side: int) -> None:
    """Sides are multiples of 8, the area about the model's own at most, and the shape is the source's."""
    small = no_larger((width, height), side)
    assert all(each % 8 == 0 for each in small)
    assert small[0] * small[1] <= 1.1 * side**2 or min(small) == 8
    scale = min(1, side / (width * height) ** 0.5)
    assert all(
        abs(each - own * scale) <= 4.5 or each == 8 for each, own in zip(small, (width, height), strict=True)
    )


def test_a_size_that_is_set_is_painted() -> None:
    """It stands above the model's own, and below it too."""
    assert sizes(StylizeSettings(size=(320, 136)), Canvas((640, 272)), 512).painted == (320, 136)
    assert sizes(StylizeSettings(size=(1024, 576)), Canvas((1280, 720)), 512).painted == (1024, 576)


def test_within_black_bars_the_picture_keeps_its_shape() -> None:
    """The size that is set is the whole frame's, and the bars have their share of it."""
    bars = Canvas((1920, 1080), Box(0, 138, 1920, 942))
    assert sizes(StylizeSettings(size=(768, 432)), bars, 512).painted == (768, 320)


def test_tiles_are_painted_instead_of_a_smaller_picture() -> None:
    """With tiles the frame keeps its size, and a request is one tile."""
    size = sizes(StylizeSettings(tiles=TileSettings(size=512, overlap=64)), Canvas((1280, 720)), 512)
    assert (size.painted, size.requested) == ((1280, 720), (512, 512))


def test_an_upscaler_is_asked_only_where_something_is_smaller() -> None:
    """A frame that was painted at its size needs none."""
    settings = StylizeSettings(upscaler="R-ESRGAN 4x+")
    assert sizes(settings, Canvas((640, 272)), 512).upscaler is None
    enlarged = sizes(settings, Canvas((1279, 719)), 512)
    assert (enlarged.upscaler, enlarged.given, enlarged.painted) == ("R-ESRGAN 4x+", (1280, 720), (680, 384))


def test_tiles_that_overlap_by_half_are_refused() -> None:
    """They would have no middle of their own."""
    with pytest.raises(ValidationError, match="less than half"):
        TileSettings(size=128, overlap=64)
