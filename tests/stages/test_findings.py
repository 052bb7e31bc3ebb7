"""What a report tells."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from orchestrator.artifacts import FrameSequence, Measurements, Preview
from orchestrator.media.clip import Clip
from orchestrator.media.pictures import write_png
from orchestrator.media.probe import probe
from orchestrator.metrics.settings import ScoreSettings
from orchestrator.report.embedding import thumbnail
from orchestrator.stages.findings import figures, film, painted_on_the_way, regions, scored, sheet

COUNT = 32


@pytest.fixture
def shown(tmp_path: Path) -> tuple[Preview, Preview]:
    """Previews of a clip of 32 frames: the source's are light, the result's dark."""
    return preview(tmp_path / "source", 200), preview(tmp_path / "result", 40)


def preview(folder: Path, level: int) -> Preview:
    made = Preview(folder / "film.mp4", folder / "stills")
    made.stills.mkdir(parents=True)
    for index in range(COUNT):
        made.still(index).write_bytes(thumbnail(np.full((24, 32, 3), level + index, np.uint8)))
    return made


def level(webp: bytes) -> float:
    return float(pixels(webp).mean())


def pixels(webp: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(webp)).convert("RGB")).astype(float)


def test_each_figure_comes_with_the_frames_that_stand_out(shown: tuple[Preview, Preview]) -> None:
    """In the order of the table of metrics; a still shows its frame of both clips, and its figure."""
    rising = tuple(index / COUNT for index in range(COUNT))
    measured = Measurements({"psnr": (None,) * COUNT, "lpips": rising}, {"lpips": 0.5})
    lpips, psnr = figures(measured, shown)
    assert (lpips.name, psnr.name, lpips.mean, psnr.mean) == ("lpips", "psnr", 0.5, None)
    worst = lpips.worst[0]
    assert (worst.frame, worst.value, lpips.best[0].frame) == (31, 31 / 32, 0)
    assert [level(worst.source), level(worst.result)] == pytest.approx([231, 71], abs=2)
    assert psnr.worst == psnr.best == ()


@pytest.mark.parametrize(("count", "frames"), [(1, [0]), (3, [0, 1, 2]), (32, [0, 2, 3, 4, 6])])
def test_the_contact_sheet_is_spread_evenly(
    count: int, frames: list[int], shown: tuple[Preview, Preview]
) -> None:
    """A short clip is on it whole, of a long one 24 frames, each once and in order."""
    found = [still.frame for still in sheet(count, shown)]
    assert found[:5] == frames
    assert len(found) == len(set(found)) == min(count, 24)
    assert found == sorted(found)
    assert count - 1 - found[-1] <= 1


def test_a_region_is_shown_where_it_is_largest(tmp_path: Path, shown: tuple[Preview, Preview]) -> None:
    """What is outside is dark; the frame is named."""
    masks = FrameSequence(tmp_path / "masks", COUNT)
    for index in range(COUNT):
        mask = np.zeros((48, 64), np.uint8)
        mask[:, : 32 if index == 15 else 4] = 255
        write_png(masks.path(index), mask)
    (found,) = regions({"region 1": masks}, shown[0])
    assert found.name == "region 1, frame 15"
    picture = pixels(found.file)
    assert picture[:, :12].mean() == pytest.approx(215, abs=3)
    assert picture[:, 20:].mean() == pytest.approx(215 / 4, abs=3)


def test_what_counts_in_the_figures_is_shown_only_if_not_all_does(
    tmp_path: Path, shown: tuple[Preview, Preview]
) -> None:
    """The name tells the mask and which side of it counts."""
    assert list(scored(ScoreSettings(), COUNT, shown[0])) == []
    mask = np.zeros((24, 32), np.uint8)
    mask[:12] = 255
    write_png(tmp_path / "sky.png", mask)
    settings = ScoreSettings.model_validate({"mask": tmp_path / "sky.png", "region": "outside"})
    (found,) = scored(settings, COUNT, shown[0])
    assert found.name == "what counts in the figures: outside sky.png, frame 0"
    assert pixels(found.file)[:8].mean() < 60
    assert pixels(found.file)[16:].mean() > 180


def test_samples_are_named_by_their_step(tmp_path: Path) -> None:
    """As sd-scripts names its files; other names stay as they are."""
    names = ("x_000100_00_20260101000000_42.png", "x_e000002_01_20260101000500.png", "mine.png")
    for name in names:
        write_png(tmp_path / name, np.zeros((8, 8, 3), np.uint8))
    found = painted_on_the_way([tmp_path / name for name in names])
    assert [each.name for each in found] == ["step 100, prompt 1", "epoch 2, prompt 2", "mine"]


def test_a_sample_that_was_left_half_written_is_passed_over(tmp_path: Path) -> None:
    """A trainer that is killed while it writes one leaves such a file, and goes on without it."""
    for name in ("a.png", "b.png"):
        write_png(tmp_path / name, np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:2000])
    assert [each.name for each in painted_on_the_way([tmp_path / "a.png", tmp_path / "b.png"])] == ["b"]


def test_a_film_tells_when_its_frames_are_shown_unless_all_are_equally_long(
    carphone: Path, tmp_path: Path, shown: tuple[Preview, Preview]
) -> None:
    """Frames of a phone's video are not: their beginnings are told, and the last one's end."""
    for each in shown:
        each.film.write_bytes(b"film")
    footage = replace(probe(carphone), fps=Fraction(2), duration=Fraction(1))
    half, tenth = Fraction(1, 2), Fraction(1, 10)
    for times, told in (((0, half), ()), ((0, tenth), (0.0, 0.1, 1.0))):
        clip = Clip(replace(footage, times=tuple(map(Fraction, times))), 0, 2)
        assert film(clip, shown, tmp_path / "page.html", ()).times == told
