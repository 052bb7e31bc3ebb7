"""`orchestrate score A B`: any two videos, folders or pictures, with no project."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from skimage import data
from small_project import orchestrate

from orchestrator.cli.main import main
from orchestrator.media.pictures import write_png

IMAGES = Path(__file__).parents[1] / "metrics" / "images"
PHOTO = data.astronaut()[:180, :240]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures each in A and in B, the first ones equal; three others in C. We stand there."""
    for name, other in (("one", PHOTO), ("two", PHOTO // 2 + 9)):
        write_png(tmp_path / "A" / f"{name}.png", PHOTO)
        write_png(tmp_path / "B" / f"{name}.png", other)
    for name in "xyz":
        write_png(tmp_path / "C" / f"{name}.png", PHOTO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_pictures_need_no_project(tmp_path: Path) -> None:
    """The published example pair of LPIPS gives its published figure, as a table with a mean."""
    answer = orchestrate("score", IMAGES / "ex_ref.png", IMAGES / "ex_p0.png", cwd=tmp_path)
    assert answer.code == 0
    header, pair, mean = answer.out.splitlines()
    assert header.split() == ["pair", "lpips", "ssim", "psnr"]
    assert pair.split()[:2] == ["ex_ref", "0.7219"]
    assert mean.split()[:2] == ["mean", "0.7219"]
    assert not [*tmp_path.iterdir()], "nothing is left behind"


def test_every_form_of_output_says_the_same(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON, CSV and the page hold the figures of each pair under its name."""
    outputs = ("--json", "--csv", "t.csv", "--html", "t.html")
    assert main(["score", "A", "B", "--metrics", "ssim,psnr", *outputs]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["event"], told["pairs"]) == ("result", ["one", "two"])
    assert told["metrics"]["ssim"]["frames"][0] == 1
    assert told["metrics"]["psnr"]["frames"][0] == "inf"
    assert "RGB" in told["metrics"]["psnr"]["sees"]
    rows = list(csv.DictReader(io.StringIO((folders / "t.csv").read_text())))
    assert [row["frame"] for row in rows] == ["one", "two"]
    assert float(rows[1]["psnr"]) == told["metrics"]["psnr"]["frames"][1]
    page = (folders / "t.html").read_text()
    assert f"{told['metrics']['ssim']['frames'][1]:#.3g}" in page
    assert '<th scope="row">two</th>' in page


def test_a_video_can_be_measured_with_a_style_and_a_mask(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A video against itself, in a region, with a style of its own."""
    monkeypatch.chdir(project)
    write_png(project / "mask.png", np.full((8, 8, 3), 255, np.uint8))
    options = ("--style", "street.mp4", "--mask", "mask.png", "--json")
    wanted = "psnr,style_colour,mask_iou"
    assert main(["score", "street.mp4", "street.mp4", "--metrics", wanted, *options]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["metrics"]
    assert told["psnr"]["mean"] == "inf"
    assert told["mask_iou"]["mean"] == 1
    assert len(told["style_colour"]["frames"]) == 10


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("A", "B", "C"), 10, "3 inputs are too many"),
        (("A",), 10, "A alone cannot be measured"),
        (("A", "B", "--metrics", "vmaf"), 10, "not 'vmaf'"),
        (("A", "B", "--metrics", "lpips_vgg"), 10, "vgg16"),
        (("A", "B", "--metrics", "lpips_vgg", "--weights", "vgg16=none.safetensors"), 22, "none.safetensors"),
        (("A", "B", "--metrics", "gram"), 21, "no style pictures"),
        (("A", "B", "--weights", "vgg=x"), 10, "weights.vgg"),
        (("A", "none.mp4"), 20, "none.mp4"),
        (("A", "C"), 20, "A has 2 pictures and C has 3"),
    ],
)
def test_mistakes_are_told_before_anything_is_measured(
    arguments: tuple[str, ...], code: int, says: str, folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its exit code and what it is about."""
    assert main(["score", *arguments]) == code
    told = capsys.readouterr().err
    assert says in told
    assert "measuring: 1" not in told
