"""Any B against any A, with no project."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from skimage import data

from orchestrator.artifacts import FrameSequence
from orchestrator.errors import ImageError, MediaError
from orchestrator.media.pictures import resize, stored, write_png
from orchestrator.metrics.compare import compare
from orchestrator.metrics.feature_cosine import cosine, vector
from orchestrator.metrics.lpips import load_lpips, lpips
from orchestrator.metrics.measure import measure
from orchestrator.metrics.panel import panel
from orchestrator.metrics.psnr import psnr
from orchestrator.metrics.settings import ScoreSettings
from orchestrator.metrics.ssim import ssim
from orchestrator.metrics.steps import Pair
from orchestrator.metrics.table import METRICS

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.metrics.table import MetricName

PHOTO = data.astronaut()
NEEDS_A_FILE = {"lpips_vgg", "lpips_squeeze", "gram_vgg", "dists", "clip_text", "clip_frames"}
EVERYTHING_THAT_SHIPS = tuple(name for name in METRICS if name not in NEEDS_A_FILE)


def frame(index: int) -> np.ndarray:
    """A window moving over a photo."""
    return PHOTO[100:276, 60 + 3 * index : 252 + 3 * index]


def restyled(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(255 - picture, (0, 0), 1)


def folder(path: Path, pictures: dict[str, np.ndarray]) -> Path:
    for name, picture in pictures.items():
        write_png(path / f"{name}.png", picture)
    return path


def only(*metrics: MetricName, **others: object) -> ScoreSettings:
    return ScoreSettings.model_validate({"metrics": metrics, "device": "cpu", **others})


def test_two_image_pairs_give_their_table(tmp_path: Path) -> None:
    """Of two images and their restyled versions come LPIPS and SSIM of each, and their means."""
    pictures = {"street": PHOTO[:200, :300], "face": PHOTO[100:300, 100:400]}
    a = folder(tmp_path / "a", pictures)
    b = folder(tmp_path / "b", {name: restyled(each) for name, each in pictures.items()})
    found = compare(a, b, only("lpips", "ssim"))
    assert found.names == ("face", "street")
    assert found.remarks == ()
    net = load_lpips()
    distances = [lpips(pictures[name], restyled(pictures[name]), net) for name in found.names]
    alike = [ssim(pictures[name], restyled(pictures[name])) for name in found.names]
    assert found.measurements.frames["lpips"] == pytest.approx(distances)
    assert found.measurements.frames["ssim"] == pytest.approx(alike)
    assert found.measurements.means["lpips"] == pytest.approx(np.mean(distances))
    assert found.measurements.means["ssim"] == pytest.approx(np.mean(alike))


def test_a_generated_sequence_gives_its_curve_over_the_horizon(tmp_path: Path) -> None:
    """A sequence that drifts away from the true one has a falling curve of feature cosines from 1 on."""
    true = [frame(0)] * 8
    drifting = [cv2.GaussianBlur(frame(0), (0, 0), 0.01 + 2 * step) for step in range(8)]
    a = folder(tmp_path / "true", {f"{step:02}": each for step, each in enumerate(true)})
    b = folder(tmp_path / "generated", {f"{step:02}": each for step, each in enumerate(drifting)})
    curve = compare(a, b, only("feature_cosine")).measurements.frames["feature_cosine"]
    assert curve[0] == pytest.approx(1, abs=1e-6)
    assert list(curve) == sorted(curve, reverse=True)
    seen = load_lpips().backbone.look([true[5], drifting[5]], (11,))
    assert curve[5] == pytest.approx(cosine(vector(seen[0]), vector(seen[1])))


def test_every_metric_that_needs_no_file_has_a_figure(tmp_path: Path) -> None:
    """A moving shot against itself is perfect by each, also in a region; figures are within their bounds."""
    count = 6
    frames = {f"{index}": frame(index) for index in range(count)}
    a, b = folder(tmp_path / "a", frames), folder(tmp_path / "b", frames)
    mask = np.zeros((176, 192, 3), np.uint8)
    mask[:, :96] = 255
    write_png(tmp_path / "half.png", mask)
    settings = only(*EVERYTHING_THAT_SHIPS, mask=tmp_path / "half.png")
    found = compare(a, b, settings, style=a).measurements
    perfect = {"lpips": 0, "ssim": 1, "ms_ssim": 1, "psnr": np.inf, "edge_f1": 1, "feature_cosine": 1}
    for name in EVERYTHING_THAT_SHIPS:
        low, high = METRICS[name].bounds
        assert low - 1e-6 <= found.means[name] <= high + 1e-6, name
        if name in perfect:
            assert found.means[name] == pytest.approx(perfect[name], abs=1e-6)
    assert found.means["temporal_lpips"] == 0
    assert found.means["warp_error"] < 1e-3
    assert [value is None for value in found.frames["flicker"]] == [True, True, *[False] * (count - 2)]
    assert set(found.frames["kid_alexnet"]) == {None}


def test_a_cut_is_found_and_no_motion_measured_across_it(tmp_path: Path) -> None:
    """Where A's shot changes, metrics of motion have no figure."""
    frames = [frame(index) for index in range(4)] + [
        data.coffee()[:176, 3 * i : 192 + 3 * i] for i in range(4)
    ]
    a = folder(tmp_path / "a", {f"{index}": each for index, each in enumerate(frames)})
    figures = compare(a, a, only("warp_error")).measurements.frames["warp_error"]
    assert [index for index, value in enumerate(figures) if value is None] == [0, 4]


def test_other_sizes_are_scaled_and_said(tmp_path: Path) -> None:
    """B takes A's size by Lanczos's filter, and a sentence says from what to what."""
    write_png(tmp_path / "a.png", PHOTO)
    write_png(tmp_path / "b.png", PHOTO[::2, ::2])
    found = compare(tmp_path / "a.png", tmp_path / "b.png", only("psnr"))
    assert found.remarks == ("B's pictures of 256x256 were scaled to A's 512x512 (Lanczos)",)
    expected = psnr(PHOTO, resize(PHOTO[::2, ::2], (512, 512)))
    assert found.measurements.frames["psnr"] == (pytest.approx(expected),)


def test_other_numbers_are_refused_with_both(bikes: Path, tmp_path: Path) -> None:
    """A video of 250 frames cannot be measured against three pictures."""
    three = folder(tmp_path, {name: frame(0) for name in "abc"})
    with pytest.raises(MediaError, match=r"has 250 pictures and .* has 3"):
        compare(bikes, three, only("psnr"))


def test_pictures_belong_together_by_their_names(tmp_path: Path) -> None:
    """Names decide even if their order does not fit; who has no partner is left out, and that is said."""
    pictures = {name: frame(10 * place) for place, name in enumerate(("p2", "p10", "p3"))}
    a = folder(tmp_path / "a", {**pictures, "alone": frame(0)})
    b = folder(tmp_path / "b", pictures)
    found = compare(a, b, only("psnr"))
    assert found.names == ("p2", "p3", "p10")
    assert found.remarks == ("pictures without a partner of the same name were left out: 1",)
    assert found.measurements.means["psnr"] == np.inf


def test_pictures_without_common_names_belong_together_by_order(tmp_path: Path) -> None:
    """As many pictures under other names are paired in order, and that is said."""
    a = folder(tmp_path / "a", {"x1": frame(0), "x2": frame(9)})
    b = folder(tmp_path / "b", {"y1": frame(0), "y2": frame(9)})
    found = compare(a, b, only("psnr"))
    assert found.names == ("x1", "x2")
    assert found.remarks == ("pictures were paired by their order",)
    assert found.measurements.means["psnr"] == np.inf


@pytest.mark.parametrize(("region", "left"), [("inside", True), ("outside", False)])
def test_a_mask_says_what_counts(region: str, left: bool, tmp_path: Path) -> None:
    """Inside the mask, at half the pictures' size here, only its bright part counts; outside, the rest."""
    damaged = PHOTO.copy()
    damaged[:, 256:] = 0
    mask = np.zeros((256, 256, 3), np.uint8)
    mask[:, :128] = 255
    for name, picture in (("a", PHOTO), ("b", damaged), ("mask", mask)):
        write_png(tmp_path / f"{name}.png", picture)
    settings = only("psnr", mask=tmp_path / "mask.png", region=region)
    (figure,) = compare(tmp_path / "a.png", tmp_path / "b.png", settings).measurements.frames["psnr"]
    half = np.zeros((512, 512), bool)
    half[:, :256] = True
    assert figure == psnr(PHOTO, damaged, half if left else ~half)
    assert np.isinf(figure) == left


def test_masks_must_be_one_or_as_many(tmp_path: Path) -> None:
    """Two masks for three pictures are refused with both numbers."""
    a = folder(tmp_path / "a", {name: frame(0) for name in "abc"})
    masks = folder(tmp_path / "masks", {name: frame(0) for name in "ab"})
    with pytest.raises(ImageError, match="2 masks for 3 frames"):
        compare(a, a, only("psnr", mask=masks))


def test_scores_follow_the_painting(tmp_path: Path) -> None:
    """While frames are being painted, the figures of those that are there are told."""
    ended, first = threading.Event(), threading.Event()
    painted = FrameSequence(tmp_path, 6, ended.is_set)
    single = panel(only("ssim", "lpips"))

    def paint() -> None:
        for index in range(painted.count):
            if index == painted.count - 1:
                assert first.wait(timeout=60), "no figure came before the last frame was painted"
            write_png(painted.path(index), restyled(frame(index)))
        ended.set()

    painter = threading.Thread(target=paint)
    painter.start()
    sources = (frame(index) for index in range(painted.count))
    pairs = map(Pair, sources, stored(painted))
    rows = []
    for row in measure(pairs, type(single)(single.scorers, pixels=1, workers=1)):
        rows.append(row)
        first.set()
    painter.join()
    assert [row["ssim"] for row in rows] == pytest.approx(
        [ssim(frame(index), restyled(frame(index))) for index in range(painted.count)]
    )
