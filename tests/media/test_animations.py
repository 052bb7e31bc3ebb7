from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from orchestrator.errors import FfmpegError
from orchestrator.media.clip import Clip, cut
from orchestrator.media.decode import frames
from orchestrator.media.encode import encode
from orchestrator.media.gif import SHORTEST
from orchestrator.media.probe import probe
from orchestrator.media.verify import mistake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[str, str], Path]

FORMATS = ["gif", "webp", "apng"]
SCENE = "-f lavfi -i testsrc2=size=96x64:rate={}:duration=1"


def _written(clip: Clip, folder: Path, codec: str) -> Path:
    target, told = folder / f"out.{codec}", list[int]()
    encode(frames(clip), clip, target, codec=codec, crf=None, audio="keep", on_frame=told.append)
    assert told == list(range(clip.count))
    assert [each.name for each in folder.iterdir()] == [target.name]
    return target


def _pictures(path: Path) -> tuple[list[np.ndarray], list[float]]:
    """Return the pictures and for how many milliseconds each is shown."""
    with Image.open(path) as animation:
        assert animation.info["loop"] == 0
        shown, lengths = [], []
        for index in range(animation.n_frames):
            animation.seek(index)
            shown.append(np.asarray(animation.convert("RGB")))
            lengths.append(animation.info["duration"])
    return shown, lengths


@pytest.mark.parametrize("codec", FORMATS)
@pytest.mark.parametrize("rate", ["25", "24000/1001", "30000/1001", "50"])
def test_an_animation_shows_each_frame_at_its_time(make: Make, tmp_path: Path, codec: str, rate: str) -> None:
    """Frames, their look and the whole length come through, and it plays for ever."""
    clip = cut(probe(make("scene.mp4", f"{SCENE.format(rate)} -c:v libx264")), None, None)
    shown, lengths = _pictures(_written(clip, tmp_path, codec))
    assert len(shown) == clip.count
    assert sum(lengths) == pytest.approx(1000 * float(clip.duration), abs=5)
    apart = [np.abs(a.astype(int) - b).mean() for a, b in zip(shown, frames(clip), strict=True)]
    assert max(apart) < {"gif": 7, "webp": 9, "apng": 0.001}[codec]


@pytest.mark.parametrize("codec", FORMATS)
def test_a_variable_rate_is_kept(variable: Path, tmp_path: Path, codec: str) -> None:
    """Each picture is shown as long as the source's frame, the last one too."""
    clip = cut(probe(variable), None, Fraction(49, 25))
    times = [*clip.times, clip.duration]
    _, lengths = _pictures(_written(clip, tmp_path, codec))
    wanted = [1000 * float(b - a) for a, b in pairwise(times)]
    assert lengths == pytest.approx(wanted, abs=1)


def test_a_fast_video_as_gif_keeps_its_speed(make: Make, tmp_path: Path) -> None:
    """Of 59.94 frames a second a GIF shows those that browsers do not slow down; the length stays."""
    clip = cut(probe(make("fast.mp4", f"{SCENE.format('60000/1001')} -c:v libx264")), None, None)
    shown, lengths = _pictures(_written(clip, tmp_path, "gif"))
    assert len(shown) == 30
    assert min(lengths) >= 1000 * SHORTEST
    assert sum(lengths) == pytest.approx(1000 * float(clip.duration), abs=8)


@pytest.mark.parametrize("codec", FORMATS)
def test_pixels_become_square_and_turned_stands_upright(make: Make, tmp_path: Path, codec: str) -> None:
    """What knows no pixel aspect is made as wide as the source looks; an odd size stays."""
    lying = make("wide.mp4", f"{SCENE.format(25)} -vf setsar=2/1 -frames:v 3 -c:v libx264")
    turned = make("turned.mp4", f"-display_rotation 90 -i {lying} -c copy")
    shown, _ = _pictures(_written(cut(probe(turned), None, None), tmp_path, codec))
    assert shown[0].shape == (96, 32, 3)
    odd = make("odd.mkv", f"{SCENE.format(25)} -vf scale=97:63,setsar=1,format=bgr0 -frames:v 3 -c:v ffv1")
    shown, _ = _pictures(_written(cut(probe(odd), None, None), tmp_path, codec))
    assert shown[0].shape == (63, 97, 3)


@pytest.mark.parametrize("codec", FORMATS)
def test_the_same_frames_give_the_same_animation(variable: Path, tmp_path: Path, codec: str) -> None:
    """Writing twice gives the same bytes; a frozen stretch keeps its length."""
    clip = cut(probe(variable), None, Fraction(1))
    first = _written(clip, tmp_path, codec).read_bytes()
    assert _written(clip, tmp_path, codec).read_bytes() == first
    frozen = np.full((64, 96, 3), (200, 40, 40), np.uint8)
    target = tmp_path / f"out.{codec}"
    encode([frozen] * clip.count, clip, target, codec=codec, crf=None, audio="keep", on_frame=lambda _: None)
    shown, lengths = _pictures(target)
    assert sum(lengths) == pytest.approx(1000 * float(clip.duration), abs=5)
    assert np.abs(shown[-1].astype(int) - frozen).max() <= 6


def test_a_gif_has_one_palette_of_its_own_colours(bunny: Path, tmp_path: Path) -> None:
    """A film's frame in 256 colours stays close to what it was."""
    clip = cut(probe(bunny), None, Fraction(2, 5))
    small = list(frames(clip, size=(320, 180)))
    target = tmp_path / "out.gif"
    encode(small, clip, target, codec="gif", crf=None, audio="keep", on_frame=lambda _: None)
    shown, _ = _pictures(target)
    assert np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(shown, small, strict=True)]) < 5


def test_a_wrong_animation_is_recognised(variable: Path, make: Make, tmp_path: Path) -> None:
    """Another length, other times, or no picture at all are mistakes."""
    clip = cut(probe(variable), None, None)
    target = _written(clip, tmp_path, "gif")
    assert mistake(target, clip, animation=True) is None
    other = cut(probe(make("scene.mp4", f"{SCENE.format(25)} -c:v libx264")), None, None)
    assert "source's times" in str(mistake(target, other, animation=True))
    shorter = cut(probe(variable), None, Fraction(1))
    assert mistake(_written(shorter, tmp_path, "gif"), clip, animation=True)
    target.write_bytes(b"nothing")
    assert mistake(target, clip, animation=True)


def test_a_name_that_is_no_animations_is_refused(variable: Path, tmp_path: Path) -> None:
    """A codec goes into files of its own suffix."""
    clip = cut(probe(variable), None, None)
    with pytest.raises(FfmpegError, match="cannot hold gif"):
        encode(
            frames(clip),
            clip,
            tmp_path / "a.mp4",
            codec="gif",
            crf=None,
            audio="keep",
            on_frame=lambda _: None,
        )
