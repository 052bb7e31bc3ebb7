from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from orchestrator import digest
from orchestrator.dataset.build import ORIGINS, build, check
from orchestrator.dataset.folder import find
from orchestrator.dataset.settings import StyleSettings
from orchestrator.errors import DatasetError, ImageError, MediaError, OrchestrateError
from orchestrator.media.pictures import read
from orchestrator.progress import Silent

DATASET_TOML = """\
[[datasets]]
resolution = [
    64,
    64,
]
enable_bucket = false
subsets = [
    { image_dir = "3_bnnyfilm", num_repeats = 3, caption_extension = ".txt" },
]
"""


class Told(Silent):
    def __init__(self) -> None:
        self.lines = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def settings(source: Any, **changes: Any) -> StyleSettings:
    return StyleSettings.model_validate(
        {"from": source, "captions": {"trigger": "bnnyfilm"}, "resolution": 64, "repeats": 3, **changes}
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "style"
    folder.mkdir()
    for number in (10, 2, 1):
        pixels = np.full((90, 160, 3), number * 20, np.uint8)
        pixels[::2, ::2] = 0
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_kohyas_layout(pictures: Path, tmp_path: Path) -> None:
    """Numbered pictures of the resolution with captions in `<repeats>_<concept>/`, and a TOML that fits."""
    target = tmp_path / "set"
    made = build(settings({"images": str(pictures)}), target, seed=0, progress=Silent())
    concept = target / "3_bnnyfilm"
    assert sorted(path.name for path in concept.iterdir()) == [
        f"000{i}.{suffix}" for i in range(3) for suffix in ("png", "txt")
    ]
    assert {read(path).shape for path in concept.glob("*.png")} == {(64, 64, 3)}
    assert (concept / "0000.txt").read_text() == "bnnyfilm style\n"
    assert made.config.read_text() == DATASET_TOML
    assert (made.folder, made.pictures, made.trigger) == (target, 3, "bnnyfilm")


def test_pictures_come_in_natural_order(pictures: Path, tmp_path: Path) -> None:
    """`2.png` comes before `10.png`, and what became of each is written down."""
    build(settings({"images": str(pictures)}), tmp_path / "set", seed=0, progress=Silent())
    origins = json.loads((tmp_path / "set" / ORIGINS).read_text())
    assert [origin["from"] for origin in origins] == ["1.png", "2.png", "10.png"]
    assert origins[0]["window"] == [35, 0, 90, 90]


def test_the_same_input_gives_the_same_bytes(pictures: Path, tmp_path: Path) -> None:
    """Seed and source decide everything, and a set made before leaves no trace."""
    wish = settings({"images": str(pictures)}, crops=4)
    build(wish, tmp_path / "a", seed=7, progress=Silent())
    build(settings({"images": str(pictures)}, crops=9), tmp_path / "b", seed=1, progress=Silent())
    made = build(wish, tmp_path / "b", seed=7, progress=Silent())
    assert made.pictures == 12
    assert digest.of_folder(tmp_path / "a") == digest.of_folder(tmp_path / "b")
    build(wish, tmp_path / "b", seed=8, progress=Silent())
    assert digest.of_folder(tmp_path / "a") != digest.of_folder(tmp_path / "b")


def test_captions_beside_pictures_win(pictures: Path, tmp_path: Path) -> None:
    """`.txt` and `.caption` are kept, first line only; what they lack is said; strangers are named."""
    (pictures / "1.txt").write_bytes("\ufeffbnnyfilm style, ein großer Hase\nmore\n".encode())
    (pictures / "2.caption").write_text("a tree")
    (pictures / "notes.md").write_text("x")
    told = Told()
    build(settings({"images": str(pictures)}), tmp_path / "set", seed=0, progress=told)
    captions = [
        (tmp_path / "set" / "3_bnnyfilm" / f"000{i}.txt").read_text(encoding="utf-8") for i in range(3)
    ]
    assert captions == ["bnnyfilm style, ein großer Hase\n", "a tree\n", "bnnyfilm style\n"]
    assert any("notes.md" in line for line in told.lines)
    assert any("2.png lacks the trigger word 'bnnyfilm'" in line for line in told.lines)


def test_enlarged_pictures_are_said(pictures: Path, tmp_path: Path) -> None:
    """A picture much smaller than the training resolution is used, but not without a word."""
    told = Told()
    build(settings({"images": str(pictures)}, resolution=256), tmp_path / "set", seed=0, progress=told)
    assert "1.png has only 160x90 pixels and is enlarged 2.8 times" in told.lines


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("3.png", b"", ImageError, "empty"),
        ("3.jpg", b"no picture at all", ImageError, "no readable picture"),
        ("1.txt", b"", DatasetError, "first line is empty"),
        ("1.txt", "Größe".encode("latin-1"), DatasetError, "not UTF-8"),
    ],
)
def test_an_unusable_file_is_named_before_anything_is_made(
    pictures: Path, tmp_path: Path, name: str, content: bytes, error: type[OrchestrateError], words: str
) -> None:
    """Empty and broken pictures and captions are refused, by name, with nothing written."""
    (pictures / name).write_bytes(content)
    wish = settings({"images": str(pictures)})
    with pytest.raises(error, match=words) as caught:
        check(wish)
    assert caught.value.where == str(pictures / name)
    with pytest.raises(error):
        build(wish, tmp_path / "set", seed=0, progress=Silent())
    assert not list(tmp_path.glob("set/**/*.png"))


def test_a_picture_cut_short_is_named(pictures: Path, tmp_path: Path) -> None:
    """Damage that the header does not show is found when the picture is read."""
    whole = (pictures / "2.png").read_bytes()
    (pictures / "2.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError) as caught:
        build(settings({"images": str(pictures)}), tmp_path / "set", seed=0, progress=Silent())
    assert caught.value.where == str(pictures / "2.png")


def test_a_folder_without_pictures_says_where_to_look(tmp_path: Path) -> None:
    """A missing folder, and one whose pictures lie a level deeper, are told apart."""
    with pytest.raises(DatasetError, match="no such folder"):
        find(tmp_path / "nowhere")
    (tmp_path / "10_concept").mkdir()
    with pytest.raises(DatasetError, match="no pictures lie in this folder") as caught:
        find(tmp_path)
    assert "folders inside it are not searched" in caught.value.remedy


def test_a_missing_film_is_a_media_error(tmp_path: Path) -> None:
    """The mistake shows in the check, before anything is made."""
    with pytest.raises(MediaError):
        check(settings({"video": str(tmp_path / "film.mp4")}))


def test_frames_of_a_real_film(bunny: Path, tmp_path: Path) -> None:
    """As many distinct frames as asked for, several windows of each, every caption with the trigger word."""
    wish = settings({"video": str(bunny)}, select={"count": 6}, crops=2, resolution=[128, 64])
    made = build(wish, tmp_path / "set", seed=0, progress=Silent())
    origins = json.loads((tmp_path / "set" / ORIGINS).read_text())
    frames = [int(origin["from"].rsplit(" ", 1)[1]) for origin in origins]
    assert made.pictures == 12
    assert frames == sorted(frames)
    assert len(set(frames)) == 6
    assert frames[-1] - frames[0] > 132 / 2
    whole = read(tmp_path / "set" / "3_bnnyfilm" / "0000.png")
    assert whole.shape == (64, 128, 3)
    assert whole.std() > 10


def test_a_film_with_too_little_in_it_is_said(tmp_path: Path) -> None:
    """Fewer frames than wanted: all that are worth it are taken, and the user is told how many."""
    film, told = tmp_path / "film.mp4", Told()
    pattern = ("-f", "lavfi", "-i", "testsrc2=size=128x72:rate=5:duration=1")
    subprocess.run((get_ffmpeg_exe(), *pattern, film), check=True, capture_output=True)
    made = build(settings({"video": str(film)}), tmp_path / "set", seed=0, progress=told)
    assert made.pictures == 5
    assert told.lines == ["film.mp4: only 5 frames are worth taking, not 24"]
