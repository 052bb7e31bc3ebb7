"""The background without what stood before it."""

from __future__ import annotations

import sys
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from moving_disc import RED, disc, texture

from orchestrator.errors import ModelFileError
from orchestrator.regions import inpainters, plate
from orchestrator.regions.composite import composite
from orchestrator.regions.inpainters.diffused import diffused
from orchestrator.regions.settings import PasteSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]
    Mask = NDArray[np.float32]

HEIGHT, WIDTH, COUNT = 96, 128, 16
HOLE = disc((HEIGHT, WIDTH), 60, y=40, radius=10)


def shot(pan: int, step: int) -> tuple[list[Frame], list[Mask], list[Frame]]:
    """Return frames of a disc before a panned background, its masks, and the background itself."""
    wide = texture(HEIGHT, WIDTH + pan * COUNT)
    empty = [wide[:, pan * index : pan * index + WIDTH].copy() for index in range(COUNT)]
    inside = [disc((HEIGHT, WIDTH), 30 + step * index) for index in range(COUNT)]
    frames = [picture.copy() for picture in empty]
    for frame, area in zip(frames, inside, strict=True):
        frame[area] = RED
    return frames, [area.astype(np.float32) for area in inside], empty


def plates(frames: list[Frame], masks: list[Mask]) -> Iterator[Frame]:
    made = plate.gathered(frames, masks, len(frames), diffused)
    return plate.followed(made, frames, masks, diffused)


@pytest.mark.parametrize(("pan", "step"), [(0, 4), (1, 4)])
def test_what_other_frames_show_is_fetched_from_them(pan: int, step: int) -> None:
    """Behind a disc that walks by, the true background comes back, under a moving camera too."""
    frames, masks, empty = shot(pan, step)
    for made, true, mask in zip(plates(frames, masks), empty, masks, strict=True):
        behind = mask > 0
        error = np.abs(made[behind].astype(float) - true[behind]).mean()
        guess = np.abs(diffused(true, behind)[behind].astype(float) - true[behind]).mean()
        assert error < max(4, guess / 2)


def test_where_nothing_was_hidden_the_source_stays() -> None:
    """Bit for bit, up to the margin of the mask."""
    frames, masks, _ = shot(1, 4)
    for made, frame, mask in zip(plates(frames, masks), frames, masks, strict=True):
        seen = ~plate.hidden(mask)
        np.testing.assert_array_equal(made[seen], frame[seen])


def test_what_no_frame_shows_is_painted() -> None:
    """A disc that never moves leaves none of its red behind."""
    frames, masks, _ = shot(0, 0)
    for made in plates(frames, masks):
        red, green, _ = made[disc((HEIGHT, WIDTH), 30)].mean(axis=0)
        assert abs(red - green) < 10


def test_plates_do_not_flicker() -> None:
    """Under a still camera the background is the same in each frame."""
    frames, masks, _ = shot(0, 4)
    made = [picture.astype(float) for picture in plates(frames, masks)]
    assert max(np.abs(a - b).mean() for a, b in pairwise(made)) < 0.5


def test_a_frame_alone_is_painted() -> None:
    """A picture, in which nothing can be gathered."""
    frames, masks, empty = shot(0, 0)
    (made,) = plates(frames[:1], masks[:1])
    area = plate.hidden(masks[0])
    np.testing.assert_array_equal(made[~area], empty[0][~area])
    assert not (made[masks[0] > 0] == RED).all(axis=1).any()


def test_a_painted_person_stands_before_the_plate() -> None:
    """A figure smaller than the one that was there shows the background around it."""
    frames, masks, empty = shot(0, 4)
    figure = np.full((HEIGHT, WIDTH, 3), (20, 90, 30), np.uint8)
    smaller = disc((HEIGHT, WIDTH), 30, radius=8)
    made = next(plates(frames, masks))
    result = composite(made, [(figure, smaller.astype(np.float32))])
    assert (result[smaller] == (20, 90, 30)).all()
    ring = disc((HEIGHT, WIDTH), 30) & ~smaller
    assert np.abs(result[ring].astype(float) - empty[0][ring]).mean() < 6


def test_unknown_flow_is_spread_in_smoothly() -> None:
    """A hole in a plane is filled within the plane's range around it; what is known stays."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    values = np.stack([columns, rows], axis=2)
    spread = plate.filled(np.where(HOLE[..., None], 1e6, values).astype(np.float32), ~HOLE)
    np.testing.assert_array_equal(spread[~HOLE], values[~HOLE])
    assert np.abs(spread[HOLE] - values[HOLE]).max() < 12
    assert not plate.filled(values, np.zeros_like(HOLE)).any()


@pytest.fixture(scope="session")
def torchscript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with LaMa's inputs that paints a hole in the colour of the mean of what it sees."""
    source = (
        "import torch\n"
        "class Mean(torch.nn.Module):\n"
        "    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:\n"
        "        assert image.shape[2] % 8 == 0 and image.shape[3] % 8 == 0\n"
        "        seen = image * (1 - mask)\n"
        "        mean = seen.sum([2, 3], keepdim=True) / (1 - mask).sum([2, 3], keepdim=True)\n"
        "        return image * (1 - mask) + mask * mean\n"
    )
    folder = tmp_path_factory.mktemp("lama")
    (folder / "small_lama.py").write_text(source)
    sys.path.insert(0, str(folder))
    import torch
    from small_lama import Mean  # type: ignore[import-not-found]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(Mean()).save(str(folder / "lama.pt"))
    return folder / "lama.pt"


def test_lama_from_torchscript(torchscript: Path) -> None:
    """Pictures of any size are painted; all but the hole stays bit for bit."""
    picture = texture(91, 77)
    hole = disc((91, 77), 40, y=40, radius=9)
    painted = inpainters.choose(PasteSettings(lama=torchscript))(picture, hole)
    np.testing.assert_array_equal(painted[~hole], picture[~hole])
    assert (painted[hole] == painted[hole][0]).all()
    assert abs(float(painted[hole][0, 0]) - picture[~hole].mean()) < 12


@pytest.mark.parametrize("scale", [1.0, 255.0])
@pytest.mark.parametrize("side", [64, "side"])
def test_lama_from_onnx(side: int | str, scale: float, onnx_file: Callable[..., Path]) -> None:
    """At a fixed size or at any, whether it answers with 0 to 1 or with 0 to 255."""
    weights = [[0, 0, 0, 0.5 * scale]] * 3  # paints a hole grey, whatever is around it
    path = onnx_file(f"lama-{side}-{scale:g}.onnx", weights, [0.25 * scale] * 3, side=side, holes=1)
    picture = texture(91, 77)
    hole = disc((91, 77), 40, y=40, radius=9)
    painted = inpainters.choose(PasteSettings(lama=path))(picture, hole)
    np.testing.assert_array_equal(painted[~hole], picture[~hole])
    assert np.abs(painted[disc((91, 77), 40, y=40, radius=7)].astype(int) - 191).max() <= 1


@pytest.mark.parametrize("name", ["none.pt", "none.onnx", "text.pt"])
def test_what_is_no_lama_is_refused(name: str, tmp_path: Path) -> None:
    """Before anything is painted, with its path."""
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(ModelFileError, match=name):
        inpainters.choose(PasteSettings(lama=tmp_path / name))
