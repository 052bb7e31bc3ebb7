from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from orchestrator.errors import ImageError
from orchestrator.media.pictures import read, resize, write_png

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIDES = st.integers(min_value=1, max_value=9)
PICTURES = st.tuples(SIDES, SIDES).flatmap(lambda size: arrays(np.uint8, (*size, 3)))


@settings(max_examples=25, deadline=None)
@given(pixels=PICTURES)
def test_a_picture_comes_back_as_it_was_written(
    pixels: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """PNG keeps every value, and the same pixels make the same file."""
    folder = tmp_path_factory.mktemp("png")
    write_png(folder / "a.png", pixels)
    write_png(folder / "b.png", pixels)
    assert np.array_equal(read(folder / "a.png"), pixels)
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    """EXIF's orientation is applied to the pixels."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the stored top is the right
    stored = Image.fromarray(np.arange(24, dtype=np.uint8).reshape(2, 4, 3))
    stored.save(tmp_path / "photo.png", exif=exif)
    assert np.array_equal(read(tmp_path / "photo.png"), np.rot90(np.asarray(stored), -1))


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("L", 77, (77, 77, 77)),
        ("LA", (0, 0), (255, 255, 255)),
        ("RGBA", (200, 100, 0, 255), (200, 100, 0)),
        ("RGBA", (200, 100, 0, 0), (255, 255, 255)),
        ("RGBA", (0, 0, 0, 51), (204, 204, 204)),
        ("I;16", 257 * 90, (90, 90, 90)),
        ("1", 1, (255, 255, 255)),
    ],
)
def test_every_kind_of_pixel_becomes_rgb(
    tmp_path: Path, mode: str, value: int | tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    """Transparency lies on white, grey and 16 bits become 8-bit RGB."""
    Image.new(mode, (3, 2), value).save(tmp_path / "p.png")
    pixels = read(tmp_path / "p.png")
    assert pixels.shape == (2, 3, 3)
    assert np.abs(pixels.astype(int) - expected).max() <= 1


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    """Each mistake has its own sentence, with the place and a remedy."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    write_png(tmp_path / "whole.png", noise)
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:3000])
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    words = {
        "cut.png": "damaged",
        "empty.png": "0 bytes",
        "text.png": "no picture",
        "folder.png": "a folder",
        "missing.png": "no such",
    }
    for name, word in words.items():
        with pytest.raises(ImageError, match=word) as caught:
            read(tmp_path / name)
        assert caught.value.where == str(tmp_path / name)
        assert caught.value.remedy


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """Pixels are counted from the header, by our limit and by Pillow's."""
    Image.new("1", (10_000, 9_000)).save(tmp_path / "bomb.png")
    with pytest.raises(ImageError, match="too large"):
        read(tmp_path / "bomb.png")
    Image.new("L", (100, 100)).save(tmp_path / "large.png")
    with pytest.raises(ImageError, match="100x100"):
        read(tmp_path / "large.png", max_pixels=9_999)
    assert read(tmp_path / "large.png", max_pixels=10_000).shape == (100, 100, 3)


def test_resizing_keeps_plain_colours_and_averages_fine_ones() -> None:
    """Lanczos neither rings on flat areas nor lets fine stripes through when shrinking."""
    plain = np.full((30, 40, 3), (10, 200, 90), np.uint8)
    assert np.array_equal(resize(plain, (13, 57)), np.full((57, 13, 3), (10, 200, 90), np.uint8))
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(resize(stripes, (16, 16))[4:-4, 4:-4].astype(int) - 128).max() <= 4
