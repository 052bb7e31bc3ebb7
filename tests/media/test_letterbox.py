from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.media.clip import cut
from orchestrator.media.decode import frames, one
from orchestrator.media.letterbox import Box, find, framed, inside
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[str, str], Path]

SCENE = "-f lavfi -i testsrc2=size=192x96:rate=25:duration=0.4"
BARS = {
    "letterbox": ("pad=192:128:0:16", Box(0, 16, 192, 112)),
    "pillarbox": ("pad=256:96:32:0", Box(32, 0, 224, 96)),
    "all around": ("pad=256:128:32:16", Box(32, 16, 224, 112)),
    "lopsided": ("pad=192:112:0:16", Box(0, 16, 192, 112)),
}


@pytest.mark.parametrize("kind", BARS)
def test_bars_are_found_behind_compression(make: Make, kind: str) -> None:
    """The picture is found to within a few pixels, and never a pixel of a bar with it."""
    pad, wanted = BARS[kind]
    path = make(f"{kind.replace(' ', '_')}.mp4", f"{SCENE} -vf {pad} -c:v libx264 -crf 23")
    found = find(frames(cut(probe(path), None, None)))
    assert found is not None
    assert all(abs(a - b) <= 4 for a, b in zip(found, wanted, strict=True))
    assert found.left >= wanted.left
    assert found.top >= wanted.top
    assert found.right <= wanted.right
    assert found.bottom <= wanted.bottom


def test_a_picture_without_bars_has_none(bunny: Path) -> None:
    """Neither a film without bars, nor darkness, nor a video of no frame has any."""
    assert find(frames(cut(probe(bunny), None, None), size=(320, 180))) is None
    assert find([np.zeros((32, 32, 3), np.uint8)] * 3) is None
    assert find([]) is None


def test_a_bar_is_black_in_every_frame() -> None:
    """What shows something once is no bar."""
    dark = np.zeros((64, 64, 3), np.uint8)
    dark[16:48] = 128
    light = dark.copy()
    light[:16] = 200
    assert find([dark] * 5) == Box(0, 17, 64, 47)
    assert find([dark, light, dark]) == Box(0, 0, 64, 47)


def test_the_sources_bars_stay_to_the_bit(make: Make) -> None:
    """A painted picture comes into the very pixels of the source's bars; without bars it is all."""
    path = make("letterbox.mp4", f"{SCENE} -vf {BARS['letterbox'][0]} -c:v libx264 -crf 23")
    clip = cut(probe(path), None, None)
    source, box = one(clip, 3), find(frames(clip))
    assert box is not None
    painted = 255 - inside(source, box)
    whole = framed(painted, source, box)
    assert np.array_equal(inside(whole, box), painted)
    assert np.array_equal(whole[: box.top], source[: box.top])
    assert np.array_equal(whole[box.bottom :], source[box.bottom :])
    assert np.array_equal(framed(255 - source, source, None), 255 - source)
