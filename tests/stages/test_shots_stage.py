from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.media.clip import cut
from orchestrator.media.encode import encode
from orchestrator.media.letterbox import Box
from orchestrator.media.probe import probe
from orchestrator.pipeline.execute import artifacts, execute
from orchestrator.pipeline.store import Store
from orchestrator.progress import Silent
from orchestrator.stages.shots import find, shots, survey
from orchestrator.stages.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class Telling(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        """Keep one line."""
        self.said.append(text)


def _frame(index: int) -> NDArray[np.uint8]:
    """Two shots of ten frames within bars, the second frozen, and a flash in the first."""
    seed = min(index, 10)
    frame = np.zeros((96, 128, 3), np.uint8)
    blocks = np.random.default_rng(seed // 10).integers(40, 160, (8, 16, 3), dtype=np.uint8)
    frame[16:80] = np.roll(np.kron(blocks, np.ones((8, 8, 1), np.uint8)), seed, axis=1)
    if index == 4:
        frame[16:80] = 255
    return frame


@pytest.fixture
def source(bikes: Path, tmp_path: Path) -> Source:
    """A source of which all is known."""
    clip = cut(probe(bikes), None, None)
    times = cut(clip.footage, None, clip.times[20])
    video = tmp_path / "video.mkv"
    pictures = (_frame(index) for index in range(20))
    encode(pictures, times, video, codec="ffv1", crf=None, audio="none", on_frame=lambda _: None)
    return Source(cut(probe(video), None, None), "x")


def test_one_look_tells_all_and_is_kept(source: Source, tmp_path: Path) -> None:
    """Cuts stay the stage's artifact; the whole survey is another view of the same files."""
    store, stage = Store(tmp_path / "work"), shots(source)
    execute([stage], store, Silent())
    made = artifacts(store)
    assert made(stage) == (10,)
    assert survey(stage).key == stage.key
    found = made(survey(stage))
    assert found == find(source, Silent())
    assert found.shots.flashes == ((4, 5),)
    assert found.repeats == (*range(10), *[10] * 10)
    assert found.picture == Box(0, 17, 128, 79)


def test_what_is_lost_is_told(source: Source) -> None:
    """HDR and more than eight bits are spoken of; an ordinary video is not."""
    told = Telling()
    find(source, told)
    assert told.said == []
    object.__setattr__(source.clip.footage.colour, "transfer", "smpte2084")
    object.__setattr__(source.clip.footage.colour, "bits", 10)
    find(source, told)
    assert ["HDR (PQ)" in told.said[0], "10 bits" in told.said[1]] == [True, True]
