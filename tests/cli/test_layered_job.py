"""A job with segments, a further style and a region, on real media, with the model that ships."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from small_project import make_project, orchestrate

from orchestrator.media import decode, pictures
from orchestrator.media.clip import cut
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 10
LEFT_HALF = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]


def change(folder: Path, **parts: Any) -> None:
    """Put parts into the project file."""
    file = folder / "project.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | parts))


def stage(folder: Path, name: str) -> Path:
    stages = folder.glob(".orchestrate/stages/*")
    return max((each for each in stages if re.fullmatch(rf"{name}-[0-9a-f]+", each.name)), key=_age)


def _age(stage: Path) -> int:
    return stage.stat().st_mtime_ns


def frames(folder: Path, name: str, kind: str = "frames") -> list[np.ndarray]:
    return [pictures.read(path) for path in sorted((stage(folder, name) / kind).glob("*.png"))]


def source(folder: Path) -> list[np.ndarray]:
    return list(decode.frames(cut(probe(folder / "street.mp4"), None, None)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, run once: the look changes at the fourth frame, and applies to the left half alone."""
    folder = make_project(tmp_path_factory.mktemp("layered"))
    second = {"from": {"images": "style"}, "captions": {"trigger": "second"}, "resolution": 64, "repeats": 1}
    segments = [{"from": 0}, {"from": 4, "fade": 2, "style": "second", "strength": 0.5}]
    change(
        folder,
        styles={"second": second},
        stylize={"payload": "img2img-pocket", "consistency": {"mode": "off"}, "segments": segments},
        regions=[{"where": {"polygon": [{"points": LEFT_HALF}]}, "feather": 8}],
        score={"metrics": ["ssim"]},
        output={"video": "out/small.mp4", "also": ["out/small.gif"]},
    )
    answer = orchestrate("run", "project.yaml", cwd=folder)
    assert answer.code == 0, answer.err
    return folder


def test_each_segment_paints_the_frames_that_show_it(finished: Path) -> None:
    """The first lasts through the fade, the second begins with it, each by a LoRA of its own."""
    assert len(frames(finished, "stylize-1")) == 6
    assert len(frames(finished, "stylize-2")) == 6
    assert len(list((finished / ".orchestrate" / "loras").glob("small-second-*.safetensors"))) == 1


def test_a_fade_mixes_both_looks_frame_by_frame(finished: Path) -> None:
    """Two frames of fade are a third and two thirds of the way; before and after, one look stands alone."""
    first, second = frames(finished, "stylize-1"), frames(finished, "stylize-2")
    whole, inside = frames(finished, "compose"), np.s_[:, :24]
    assert (whole[3][inside] == first[3][inside]).all()
    assert (whole[6][inside] == second[2][inside]).all()
    for index, share in ((4, 1 / 3), (5, 2 / 3)):
        mixed = np.rint(np.float32(1 - share) * first[index] + np.float32(share) * second[index - 4])
        assert (whole[index][inside] == mixed[inside]).all()


def test_outside_the_feathered_mask_every_pixel_is_the_sources(finished: Path) -> None:
    """And inside, where the mask is whole, none of the source is left."""
    for mask, whole, before in zip(
        frames(finished, "mask-1", "masks"), frames(finished, "compose"), source(finished), strict=True
    ):
        outside, soft = mask[..., 0] == 0, (mask[..., 0] > 0) & (mask[..., 0] < 255)
        assert outside[:, 40:].all()
        assert soft.any()
        assert (whole[outside] == before[outside]).all()
        assert (whole[:, :24] != before[:, :24]).any()


def test_it_comes_as_a_video_with_sound_and_as_an_animation(finished: Path) -> None:
    """One file names both, and both show every frame."""
    video, animation = probe(finished / "out/small.mp4"), probe(finished / "out/small.gif")
    assert (video.count, len(video.audio)) == (FRAMES, 1)
    assert animation.count == FRAMES


def test_composing_goes_on_where_it_was_stopped(finished: Path, tmp_path: Path) -> None:
    """Finished frames are kept, and the others become what they were."""
    folder = tmp_path / "again"
    shutil.copytree(finished, folder)
    whole = {path.name: path.read_bytes() for path in (stage(folder, "compose") / "frames").iterdir()}
    kept = stage(folder, "compose") / "frames" / "000002.png"
    for name in ("compose", "encode"):
        (stage(folder, name) / "stage.json").unlink()
    for index in range(3, FRAMES):
        (stage(folder, "compose") / "frames" / f"{index:06d}.png").unlink()
    before = kept.stat().st_mtime_ns
    answer = orchestrate("run", "project.yaml", "--json", cwd=folder)
    assert "compose" in json.loads(answer.out.splitlines()[-1])["made"], answer.err
    assert kept.stat().st_mtime_ns == before
    assert {p.name: p.read_bytes() for p in (stage(folder, "compose") / "frames").iterdir()} == whole


def test_what_is_pasted_stands_before_the_background(finished: Path, tmp_path: Path) -> None:
    """A change of where a look goes paints nothing anew; outside the mask is the background's own picture."""
    folder = tmp_path / "pasted"
    shutil.copytree(finished, folder)
    change(folder, regions=[{"where": {"polygon": [{"points": LEFT_HALF}]}, "feather": 8, "paste": {}}])
    answer = orchestrate("run", "project.yaml", "--json", cwd=folder)
    made = json.loads(answer.out.splitlines()[-1])["made"]
    assert {"plate", "compose"} <= set(made)
    assert not {"train", "stylize-1", "stylize-2", "mask-1"} & set(made)
    plates = frames(folder, "plate")
    assert len(plates) == FRAMES
    assert any((plate != before).any() for plate, before in zip(plates, source(folder), strict=True))


def test_a_style_that_is_not_there_is_told_before_anything_is_made(tmp_path: Path) -> None:
    """With its place, and what there is."""
    folder = make_project(tmp_path)
    change(folder, stylize={"payload": "img2img-pocket", "segments": [{"from": 0, "style": "dusk"}]})
    answer = orchestrate("run", "project.yaml", cwd=folder)
    assert answer.code == 10
    assert "stylize.segments.0.style: there is no style 'dusk'" in answer.err
    assert not list(folder.glob(".orchestrate/stages/*"))


LOOK = {"prompt": "gold"}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "segments that nothing shows": (
        {
            "stylize": {"payload": "img2img-pocket", "segments": [{"from": 0}, {"from": 5, **LOOK}]},
            "regions": [{"where": "everything", **LOOK}],
        },
        "stylize.segments: nothing shows the segments",
    ),
    "a segment's formula out of bounds": (
        {"stylize": {"segments": [{"from": 0}, {"from": 5, "strength": "t / 8"}]}},
        "stylize.segments.1.strength: at frame 9 it is 1.125",
    ),
    "a polygon's keys in no order": (
        {"regions": [{"where": {"polygon": [{"at": 3, "points": LEFT_HALF}, {"points": LEFT_HALF}]}}]},
        "regions.0.where: the polygon's keys are not in the order of time",
    ),
    "two backgrounds": (
        {"regions": [{"where": "person", "paste": {}}, {"where": "person", "paste": {"lama": "lama.onnx"}}]},
        "write the same `lama` in each `paste`",
    ),
    "a result in the place of a region's masks": (
        {"regions": [{"where": {"video": "out/small.mp4"}}]},
        "is read by this project, and would be overwritten",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_go_together_is_told_before_anything_is_made(tmp_path: Path, name: str) -> None:
    """In one message that says what to write instead."""
    folder = make_project(tmp_path)
    (folder / "out").mkdir()
    shutil.copy(folder / "street.mp4", folder / "out/small.mp4")
    parts, expected = REFUSED[name]
    change(folder, **parts)
    answer = orchestrate("run", "project.yaml", cwd=folder)
    assert answer.code == 10, answer.err
    assert expected in answer.err
    assert not list(folder.glob(".orchestrate/stages/*"))
