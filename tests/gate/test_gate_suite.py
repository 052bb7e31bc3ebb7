"""suite.yaml: what may stand in it, how mistakes are told, and what its digest holds."""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import yaml
from gate_fakes import SETUP, Studio, other_setup
from PIL import Image

from orchestrator import document
from orchestrator.errors import MediaError, NotComparable, ProjectError
from orchestrator.gate.conditions import (
    check_comparable,
    differing,
    measured_content,
    painted_content,
    painting_conditions,
    suite_hash,
)
from orchestrator.gate.frames import filling, frames_of
from orchestrator.gate.power import fewest
from orchestrator.gate.suite import Suite
from orchestrator.media.clip import Clip
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe
from orchestrator.media.shots import cuts
from orchestrator.stages.gated import GateSuite

Metric = Literal["lpips", "ssim"]
EXAMPLE = Path(__file__).parents[2] / "examples" / "gate" / "suite.yaml"
TEXT = """
name: street
clips:
  corner: {video: street.mp4, start: 0, frames: 8}
  bench: {video: street.mp4, start: 100, frames: 8}
pictures:
  one: 1.png
  two: 2.png
  three: 3.png
  four: 4.png
  five: 5.png
seeds: [1, 2]
paint: {size: [512, 512], prompt: a street}
metrics: {lpips: 0.02, ssim: 0.01}
"""


def parse(text: str) -> Suite[Metric]:
    return document.parse(text, Suite[Metric], name="suite.yaml", folder=Path("/suite"))


def complaints(text: str) -> str:
    with pytest.raises(document.DocumentError) as caught:
        parse(text)
    return str(caught.value)


def test_a_suite_is_read() -> None:
    """Paths are taken from its folder; pictures are clips of one frame."""
    suite = parse(TEXT)
    assert suite.clips["corner"].video == Path("/suite/street.mp4")
    assert suite.lengths == {"corner": 8, "bench": 8, "one": 1, "two": 1, "three": 1, "four": 1, "five": 1}
    assert suite.metrics == {"lpips": 0.02, "ssim": 0.01}
    assert suite.alpha == pytest.approx(0.025)


def test_an_unknown_metric_is_told_with_its_place() -> None:
    """By line and column, with the names that there are."""
    told = complaints(TEXT.replace("lpips: 0.02", "lpisp: 0.02"))
    assert "suite.yaml:14:11" in told
    assert "'lpips' or 'ssim'" in told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("ssim: 0.01", "ssim: 0", "metrics.ssim: input should be greater than 0"),
        ("ssim: 0.01", "ssim: 1e999", "metrics.ssim: input should be a finite number"),
        ("start: 100", "start: 7", "the clips 'corner' and 'bench' overlap"),
        ("two: 2.png", "two: 1.png", "a picture is named twice"),
        ("two: 2.png", "bench: 2.png", "'bench' names both a clip and a picture"),
        ("[1, 2]", "[1, 1]", "each seed can be named once"),
        ("512]", "500]", "multiple of 8"),
        ("  two: 2.png\n", "", "6 clips and pictures can decide nothing: with 2 metrics"),
        ("one:", "../one:", "should match pattern"),
        ("name: street", "name: street\npin: abc", "should match pattern"),
        ("seeds", "seed", "did you mean 'seeds'?"),
    ],
)
def test_what_a_suite_must_not_say(before: str, after: str, told: str) -> None:
    """Effects of no size, evidence counted twice, too little of it, names that are no names."""
    assert told in complaints(TEXT.replace(before, after))


def test_clips_side_by_side_do_not_overlap() -> None:
    """One may begin with the very frame after the other's last, and every nth frame reaches farther."""
    assert parse(TEXT.replace("start: 100", "start: 8")).clips["bench"].start == 8
    assert "overlap" in complaints(
        TEXT.replace("start: 100", "start: 8").replace("8}\n  b", "8, every: 2}\n  b")
    )


def test_the_digest_is_of_content(studio: Studio) -> None:
    """A moved picture, other tolerances, another server keep it; another name, seed or prompt does not."""
    suite = studio.suite()
    before = suite_hash(suite)
    moved = {name: path.rename(path.with_suffix(".image")) for name, path in suite.pictures.items()}
    paint = suite.paint.model_dump()
    same = (
        studio.suite(pictures=moved),
        studio.suite(metrics={"style": 1.0}),
        studio.suite(webui={"url": "http://127.0.0.1:7860"}),
        studio.suite(confidence=0.9),
    )
    assert {suite_hash(each) for each in same} == {before}
    renamed = {
        "renamed": moved["picture0"],
        **{name: path for name, path in moved.items() if name != "picture0"},
    }
    others = [
        studio.suite(pictures=renamed),
        studio.suite(seeds=(2,)),
        studio.suite(paint={**paint, "prompt": "another"}),
        studio.suite(paint={**paint, "lora_weight": 0.5}),
        studio.suite(style=studio.folder),
        studio.suite(weights={"vgg16": moved["picture1"]}),
    ]
    assert len({before, *map(suite_hash, others)}) == len(others) + 1


def test_a_pinned_suite_must_stay_as_it_is(studio: Studio) -> None:
    """Its digest may be written into it; media that were changed since are refused."""
    pinned = studio.suite(pin=suite_hash(studio.suite()))
    assert suite_hash(pinned) == pinned.pin
    Image.new("RGB", (64, 64)).save(pinned.pictures["picture3"])
    with pytest.raises(ProjectError, match="this suite was pinned as"):
        suite_hash(pinned)


def test_missing_media_are_told(studio: Studio) -> None:
    """By their path, before anything is painted."""
    suite = studio.suite()
    suite.pictures["picture2"].unlink()
    with pytest.raises(MediaError, match=r"picture2\.png"):
        painted_content(suite)


def test_the_style_decides_no_picture(studio: Studio) -> None:
    """What figures are measured against is apart, so that other references paint nothing anew."""
    with_style = studio.suite(style=studio.folder)
    assert painted_content(with_style) == painted_content(studio.suite())
    assert measured_content(with_style).keys() == {"style"}


def test_every_difference_is_named() -> None:
    """Each condition of the painter, one by one, with both values; digests are shortened."""
    changes: dict[str, Any] = {
        "checkpoint": "x",
        "sampler": "x",
        "scheduler": "x",
        "steps": 1,
        "server": "x",
        "version": "x",
        "others": {"cfg_scale": "x"},
    }
    base = painting_conditions({"clip a": "1"}, SETUP)
    for name, value in changes.items():
        other = painting_conditions({"clip a": "1"}, other_setup(**{name: value}))
        (told,) = differing(base, other)
        shown = "cfg_scale" if name == "others" else name
        assert told.startswith(f"{shown}: baseline ")
        with pytest.raises(NotComparable, match=shown):
            check_comparable(base, other)
    assert differing({"payload": "f" * 64}, {"payload": "0" * 64}) == [
        "payload: baseline ffffffffffff, candidate 000000000000"
    ]
    assert differing({"clip a": "x"}, {}) == ["clip a: baseline 'x', candidate has none"]
    check_comparable(base, dict(base))


def test_frames_fill_the_size_and_are_cut_at_the_middle() -> None:
    """A wide frame loses its sides alike and is not stretched."""
    frame = np.zeros((64, 192, 3), np.uint8)
    frame[:, 64:128] = 200
    assert (filling(frame, (64, 64)) == 200).all()
    assert filling(frame, (192, 64)) is frame


def test_a_clip_beyond_the_video_is_refused(studio: Studio, bikes: Path) -> None:
    """With the frames that the video has."""
    suite = studio.suite(clips={"late": {"video": bikes, "start": 249, "frames": 2}})
    with pytest.raises(MediaError, match="reaches to frame 250, and the video has 250 frames"):
        frames_of(suite, "late")
    suite = studio.suite(clips={"late": {"video": bikes, "start": 249}})
    assert frames_of(suite, "late")[0].shape == (64, 64, 3)


def test_the_example_is_a_suite_of_all_shots(bikes: Path) -> None:
    """The suite that comes along can be read, and keeps its own advice: every shot of the film is in it."""
    suite = document.read(EXAMPLE, GateSuite)
    footage = probe(bikes)
    begins = (0, *cuts(frames(Clip(footage, 0, footage.count))))
    assert {clip.video.name for clip in suite.clips.values()} == {bikes.name}
    assert {bisect_right(begins, clip.start) - 1 for clip in suite.clips.values()} == set(range(len(begins)))
    assert len(suite.lengths) > fewest(suite.alpha / len(suite.metrics))


def test_the_example_workflow_is_yaml() -> None:
    """It runs the gate with a baseline and a candidate, and hands on what it wrote even if that fails."""
    workflow = yaml.safe_load(EXAMPLE.with_name("github-workflow.yml").read_text())
    steps = workflow["jobs"]["gate"]["steps"]
    (gate,) = [step["run"] for step in steps if "orchestrate gate" in step.get("run", "")]
    written = re.findall(r"--(?:junit|html|markdown) (\S+)", gate)
    assert written == ["gate.xml", "gate.md", "gate.html"]
    assert set(steps[-1]["with"]["path"].split()) == {"gate.xml", "gate.html", "gate-trend.html"}
    assert "always()" in steps[-1]["if"]
