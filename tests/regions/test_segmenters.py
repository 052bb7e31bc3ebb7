"""Every segmenter keeps one contract, and finds what it is there to find."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from moving_disc import COUNT, HEIGHT, WIDTH, disc, iou, middle, scene_of
from PIL import Image

from orchestrator.errors import MediaError, MissingPackage, ModelFileError, ProjectError
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import Clip
from orchestrator.media.decode import frames as decoded
from orchestrator.media.probe import probe
from orchestrator.regions import segmenters
from orchestrator.regions.segmenters import SEGMENTERS
from orchestrator.regions.segmenters.segmenter import Scene
from orchestrator.regions.settings import RegionSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]
    Mask = NDArray[np.float32]

REDNESS = [[1.0, -0.5, -0.5]]  # a network of one neuron that sees the disc
SQUARE = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disc's own masks as pictures, named by the frames' numbers without zeros in front."""
    made = tmp_path_factory.mktemp("masks")
    for index in range(COUNT):
        inside = disc((HEIGHT, WIDTH), middle(index))
        Image.fromarray((inside * 255).astype(np.uint8)).save(made / f"{index}.png")
    return made


@pytest.fixture(scope="session")
def video(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a video."""
    target = tmp_path_factory.mktemp("mask_video") / "masks.mkv"
    arguments = ["-framerate", "25", "-i", str(folder / "%d.png"), "-c:v", "ffv1"]
    subprocess.run([ffmpeg(), "-loglevel", "error", *arguments, str(target)], check=True)
    return target


@pytest.fixture(scope="session")
def everywhere(
    folder: Path, video: Path, clipseg: Path, sam: Path, onnx_file: Callable[..., Path]
) -> dict[str, Any]:
    """One `where` of each kind."""
    return {
        "person": "person",
        "everything": "everything",
        "background": "background",
        "colour": {"colour": "#c81e28"},
        "hsv": {"hsv": {"hue": [340, 10], "saturation": [60, 100]}},
        "depth": {"depth": onnx_file("depth.onnx", REDNESS, [0.0]), "far": 0.5, "size": 64},
        "text": {"text": "a red disc", "model": clipseg},
        "video": {"video": video},
        "masks": {"masks": folder},
        "polygon": {"polygon": [{"points": SQUARE}]},
        "sam": {"sam": sam, "prompts": [{"points": [[0.31, 0.5]]}]},
        "matting": {
            "matting": onnx_file("matting.onnx", [[20.0, -20.0, -20.0]], [-15.0], side=64, logistic=True)
        },
    }


KINDS = [
    *("person", "background", "everything", "colour", "hsv", "depth", "text"),
    *("video", "masks", "polygon", "sam", "matting"),
]


def found(where: Any, frames: list[Frame], scene: Scene) -> list[Mask]:
    region = RegionSettings.model_validate({"where": where})
    return list(segmenters.choose(region.where, scene)(frames))


def test_the_contract_is_tried_with_every_kind(everywhere: dict[str, Any]) -> None:
    """Whoever adds a segmenter adds it here."""
    assert set(everywhere) == set(KINDS)
    kinds = [RegionSettings.model_validate({"where": where}).where for where in everywhere.values()]
    assert {kind if isinstance(kind, str) else type(kind) for kind in kinds} == set(SEGMENTERS)


@pytest.mark.parametrize("kind", KINDS)
def test_contract(kind: str, everywhere: dict[str, Any], frames: list[Frame], scene: Scene) -> None:
    """A mask for each frame, of its size, from 0 to 1, the same each time, and the frames are left alone."""
    before = [frame.copy() for frame in frames]
    masks = found(everywhere[kind], frames, scene)
    assert len(masks) == len(frames)
    for mask in masks:
        assert mask.shape == (HEIGHT, WIDTH)
        assert mask.dtype == np.float32
        assert 0 <= mask.min() <= mask.max() <= 1
    for once, again in zip(masks, found(everywhere[kind], frames, scene), strict=True):
        np.testing.assert_array_equal(once, again)
    for frame, original in zip(frames, before, strict=True):
        np.testing.assert_array_equal(frame, original)


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_taken_one_by_one(
    kind: str, everywhere: dict[str, Any], frames: list[Frame], scene: Scene
) -> None:
    """The first mask is there before the third frame has been asked for."""
    taken = []

    def stream() -> Any:
        for index, frame in enumerate(frames):
            taken.append(index)
            yield frame

    region = RegionSettings.model_validate({"where": everywhere[kind]})
    masks = segmenters.choose(region.where, scene)(stream())
    next(masks)
    assert max(taken) <= 1


@pytest.mark.parametrize("kind", ["colour", "hsv", "depth", "video", "masks", "matting"])
def test_the_disc_is_found(kind: str, everywhere: dict[str, Any], frames: list[Frame], scene: Scene) -> None:
    """Where the disc is, and hardly anywhere else, in each frame."""
    for index, mask in enumerate(found(everywhere[kind], frames, scene)):
        assert iou(mask, disc((HEIGHT, WIDTH), middle(index))) > 0.85


def test_the_man_in_the_car_is_found(carphone: Path) -> None:
    """His face and chest are inside, window and ceiling outside; `background` is the rest."""
    footage = probe(carphone)
    frames = list(decoded(Clip(footage, 0, 3)))
    people, rest = (found(where, frames, scene_of(3)) for where in ("person", "background"))
    for person, background in zip(people, rest, strict=True):
        assert person[45:95, 75:105].min() > 0.9
        assert person[120:, 60:160].min() > 0.9
        assert person[:10].max() < 0.1
        assert person[:90, :50].max() < 0.1
        np.testing.assert_array_equal(background, 1 - person)


def test_hues_go_round_through_red(frames: list[Frame], scene: Scene) -> None:
    """From 340 to 10 degrees is 30 wide; from 10 to 340 is all the rest."""
    wide = found({"hsv": {"hue": [10, 340], "saturation": [60, 100]}}, frames[:1], scene)[0]
    assert wide[disc((HEIGHT, WIDTH), middle(0), radius=12)].max() < 0.5


def test_near_and_far_share_a_picture(
    frames: list[Frame], scene: Scene, onnx_file: Callable[..., Path]
) -> None:
    """What is not in the near half is in the far one, whichever way a model counts."""
    model = onnx_file("near.onnx", REDNESS, [0.0])
    near = found({"depth": model, "near": 0, "far": 0.5, "size": 64}, frames[:1], scene)[0]
    far = found({"depth": model, "near": 0.5, "far": 1, "size": 64}, frames[:1], scene)[0]
    turned = {"depth": model, "near": 0, "far": 0.5, "size": 64, "output": "distance"}
    inside = disc((HEIGHT, WIDTH), middle(0), radius=12)
    assert near[inside].min() > 0.9
    assert far[inside].max() < 0.1
    assert found(turned, frames[:1], scene)[0][inside].max() < 0.1


def test_a_polygon_moves_between_its_keys(frames: list[Frame], scene: Scene) -> None:
    """Corners go straight from key to key, and the area is right to half a pixel's edge."""
    left, right = ([[x, 0.25], [x + 0.25, 0.25], [x + 0.25, 0.75], [x, 0.75]] for x in (0.0, 0.5))
    keys = [{"at": 1, "points": left}, {"at": "100%", "points": right}]
    masks = found({"polygon": keys}, frames, scene)
    columns = [float((np.arange(WIDTH) + 0.5) @ mask.sum(axis=0) / mask.sum()) / WIDTH for mask in masks]
    assert columns == pytest.approx([0.125, 0.125, 0.25, 0.375, 0.5, 0.625], abs=0.01)
    assert masks[0].sum() == pytest.approx(0.125 * HEIGHT * WIDTH, rel=0.08)


def test_a_polygons_keys_ascend(frames: list[Frame], scene: Scene) -> None:
    """Only the clip tells whether they do."""
    keys = [{"at": "100%", "points": SQUARE}, {"at": 2, "points": SQUARE}]
    with pytest.raises(ProjectError, match="order of time"):
        found({"polygon": keys}, frames, scene)


def test_a_mask_video_of_the_whole_video_begins_with_the_clip(
    video: Path, folder: Path, frames: list[Frame]
) -> None:
    """A clip cut from a video takes the masks from where it was cut."""
    part = scene_of(2, first=3, whole=COUNT)
    masks = found({"video": video}, frames[3:5], part)
    for index, mask in zip((3, 4), masks, strict=True):
        assert iou(mask, disc((HEIGHT, WIDTH), middle(index))) > 0.99


def test_a_mask_video_of_another_length_is_refused(video: Path, frames: list[Frame]) -> None:
    """All three counts are told."""
    with pytest.raises(MediaError, match=r"6 frames, and the clip 4 of the video's 9"):
        found({"video": video}, frames[:4], scene_of(4, first=0, whole=9))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "3.png").unlink(), "1 of 6 frames have no mask: 000003"),
        (lambda folder: (folder / "003.png").write_bytes((folder / "3.png").read_bytes()), "of one frame"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "no such folder"),
    ],
)
def test_folders_of_masks_that_do_not_fit_are_refused(
    change: Callable[[Path], None], said: str, folder: Path, frames: list[Frame], scene: Scene, tmp_path: Path
) -> None:
    """Before anything is painted."""
    copy = tmp_path / "masks"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    change(copy)
    with pytest.raises(MediaError, match=said):
        found({"masks": copy}, frames, scene)


def test_masks_of_another_size_are_scaled(frames: list[Frame], tmp_path: Path) -> None:
    """A mask of half the size covers the same part of the picture."""
    half = np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8)
    half[:, : WIDTH // 4] = 255
    Image.fromarray(half).save(tmp_path / "000000.png")
    mask = found({"masks": tmp_path}, frames[:1], scene_of(1))[0]
    assert mask.shape == (HEIGHT, WIDTH)
    assert mask.mean() == pytest.approx(0.5, abs=0.01)


def test_what_is_pointed_at_is_followed(sam: Path, frames: list[Frame], scene: Scene) -> None:
    """Before the first prompt nothing is inside; a later prompt begins anew."""
    prompts = [
        {"at": 2, "box": [0.2, 0.3, 0.6, 0.7], "points": [[0.37, 0.5]], "elsewhere": [[0.9, 0.9]]},
        {"at": 4, "points": [[0.9, 0.1]]},
    ]
    masks = found({"sam": sam, "prompts": prompts}, frames, scene)
    assert not masks[0].any()
    assert not masks[1].any()
    alone = found({"sam": sam, "prompts": [{"at": 0, "points": [[0.9, 0.1]]}]}, frames[4:5], scene_of(1))
    np.testing.assert_array_equal(masks[4], alone[0])


def test_what_is_pointed_at_only_after_the_clip_is_refused(sam: Path, frames: list[Frame]) -> None:
    """Nothing would be found in any frame, and nobody would be told."""
    with pytest.raises(ProjectError, match=r"the clip ends with frame 1, and the first .* is 5"):
        found({"sam": sam, "prompts": [{"at": 5, "points": [[0.9, 0.1]]}]}, frames[:2], scene_of(2))


@pytest.mark.parametrize(
    "where",
    [
        {"depth": "none.onnx"},
        {"matting": "none.onnx"},
        {"text": "a cat", "model": "none"},
        {"sam": "none", "prompts": [{"points": [[0, 0]]}]},
    ],
)
def test_a_missing_model_is_told_before_the_first_frame(
    where: dict[str, Any], scene: Scene, tmp_path: Path
) -> None:
    """With its path."""
    located = {
        key: tmp_path / value if value in ("none", "none.onnx") else value for key, value in where.items()
    }
    with pytest.raises(ModelFileError, match=str(tmp_path)):
        segmenters.choose(RegionSettings.model_validate({"where": located}).where, scene)


def test_files_of_another_kind_are_refused(
    frames: list[Frame], scene: Scene, tmp_path: Path, onnx_file: Callable[..., Path]
) -> None:
    """A text is no network, a folder may hold another model, and a model may want more than a picture."""
    text = tmp_path / "text.onnx"
    text.write_text("hello")
    (tmp_path / "config.json").write_text("{}")
    two_inputs = onnx_file("two.onnx", [[1.0, 0, 0, 0]], [0.0], holes=1)
    for where in (
        {"matting": text},
        {"text": "a", "model": tmp_path},
        {"sam": tmp_path, "prompts": [{"points": [[0, 0]]}]},
        {"matting": two_inputs},
    ):
        with pytest.raises(ModelFileError):
            found(where, frames, scene)


@pytest.mark.parametrize(("package", "kind"), [("onnxruntime", "depth"), ("transformers", "text")])
def test_a_missing_package_is_told_with_the_command(
    package: str, kind: str, everywhere: dict[str, Any], scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pip install` brings it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackage, match="pip install") as caught:
        segmenters.choose(RegionSettings.model_validate({"where": everywhere[kind]}).where, scene)
    assert package in str(caught.value)
