"""Frames that are not painted: those that repeat another, those between every Nth, and black bars."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from resumable_run import COURSE, SlowEngine, settings_of

from orchestrator.errors import WebUIUnreachable
from orchestrator.media import decode, pictures
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import Clip, cut
from orchestrator.media.letterbox import Box
from orchestrator.media.probe import probe
from orchestrator.progress import Silent
from orchestrator.stylization.course import Course
from orchestrator.stylization.engine import Paint, Painted
from orchestrator.stylization.stylize import stylize

HELD = (0, 0, 2, 2, 2, 5, 6, 6, 8, 8, 10, 10)  # which frame each of twelve shows
BARS = Box(0, 8, 160, 60)


def painted(clip: Clip, engine: SlowEngine, folder: Path, *, every: int = 1, **said: Any) -> list[np.ndarray]:
    mode, course = said.pop("mode", "off"), said.pop("course", COURSE)
    settings = settings_of(mode=mode).model_copy(update={"size": None, "every": every})
    result = stylize(clip, engine, folder, course, settings, cuts=(5,), progress=Silent(), **said)
    return [pictures.read(result.path(index)) for index in range(clip.count)]


def sources(folder: Path) -> dict[int, list[int]]:
    lines = (folder / "journal.jsonl").read_text().splitlines()
    return {entry["index"]: entry["keys"] for entry in map(json.loads, lines)}


@pytest.mark.parametrize("mode", ["off", "seed", "flow", "keyframes"])
def test_a_frame_that_shows_another_again_is_not_painted(clip: Clip, tmp_path: Path, mode: str) -> None:
    """It is the very picture of that one, in every mode, and the journal tells of which."""
    engine = SlowEngine(0)
    frames = painted(clip, engine, tmp_path, mode=mode, repeats=HELD)
    assert all((frames[index] == frames[first]).all() for index, first in enumerate(HELD))
    assert len(engine.inits) <= len(set(HELD))
    assert all(sources(tmp_path)[index] for index, first in enumerate(HELD) if index != first)


class Dying(SlowEngine):
    """Loses its WebUI at the third picture."""

    def painted(self, paint: Paint, content: int) -> Painted:
        if len(self.inits) == 2:
            raise WebUIUnreachable("gone")
        return super().painted(paint, content)


def test_a_run_that_was_stopped_among_repeats_goes_on(clip: Clip, tmp_path: Path) -> None:
    """A repeat that is missing comes from its finished frame, which is not painted again."""
    whole = painted(clip, SlowEngine(0), tmp_path / "whole", repeats=HELD)
    with pytest.raises(WebUIUnreachable):
        painted(clip, Dying(0), tmp_path / "cut", repeats=HELD)
    lost = tmp_path / "cut" / "frames" / "000001.png"
    lost.unlink()
    engine = SlowEngine(0)
    again = painted(clip, engine, tmp_path / "cut", repeats=HELD)
    assert lost.exists()
    assert len(engine.inits) == len(set(HELD)) - 2
    assert all((one == other).all() for one, other in zip(whole, again, strict=True))


@pytest.mark.parametrize("mode", ["off", "flow"])
def test_of_every_second_frame_the_others_follow(clip: Clip, tmp_path: Path, mode: str) -> None:
    """Each shot's first and every second frame from there are painted; the others are carried from them."""
    engine = SlowEngine(0)
    painted(clip, engine, tmp_path, mode=mode, every=2)
    carried = {index: keys for index, keys in sources(tmp_path).items() if keys}
    assert len(engine.inits) == 7
    assert carried == {1: [0, 2], 3: [2, 4], 6: [5, 7], 8: [7, 9], 10: [9, 11]}


def test_a_frame_after_a_long_hold_is_carried_from_its_end(clip: Clip, tmp_path: Path) -> None:
    """And not from its beginning: one stretch is in memory, which must not grow with what is held."""
    held = (0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 10, 11)
    painted(clip, SlowEngine(0), tmp_path, every=2, repeats=held)
    assert sources(tmp_path)[10] == [9, 11]
    assert sources(tmp_path)[9] == [5]


def test_a_frame_that_shows_another_again_in_another_look_is_painted(clip: Clip, tmp_path: Path) -> None:
    """What is held on the screen still follows a schedule of its numbers."""
    values = (0.1,) * 3 + (0.5,) * 9
    engine, changing = SlowEngine(0), Course(COURSE.of_first, {"strength": values})
    frames = painted(clip, engine, tmp_path, repeats=(0,) * 5 + (5,) * 7, course=changing)
    assert len(engine.inits) == 3
    assert (frames[0] == frames[2]).all()
    assert (frames[2] != frames[3]).any()
    assert sources(tmp_path) == {
        0: [],
        1: [0],
        2: [0],
        3: [],
        4: [3],
        5: [],
        **{index: [5] for index in range(6, 12)},
    }


@pytest.mark.parametrize("mode", ["off", "flow", "keyframes"])
def test_black_bars_stay_the_sources(clip: Clip, tmp_path: Path, mode: str) -> None:
    """What is painted is the picture within them alone; the bars keep each of their pixels."""
    engine = SlowEngine(0)
    frames = painted(clip, engine, tmp_path, mode=mode, picture=BARS)
    assert {init.shape for init in engine.inits} == {(48, 160, 3)}  # 52 rows, as a multiple of 8
    for frame, source in zip(frames, decode.frames(clip), strict=True):
        outside = np.ones(frame.shape[:2], bool)
        outside[BARS.top : BARS.bottom, BARS.left : BARS.right] = False
        assert (frame[outside] == source[outside]).all()
        assert (frame[~outside] != source[~outside]).any()


def test_repeats_and_bars_are_found_in_a_video(tmp_path: Path) -> None:
    """A video that shows each drawing twice within bars is surveyed as such, and a part of it likewise."""
    from orchestrator.media.survey import survey

    video = tmp_path / "held.mkv"
    drawn = "testsrc2=size=96x48:rate=5:duration=1,fps=10,pad=96:80:0:16"
    subprocess.run([ffmpeg(), "-v", "error", "-f", "lavfi", "-i", drawn, "-c:v", "ffv1", video], check=True)
    seen = survey(decode.frames(cut(probe(video), None, None)))
    assert seen.repeats[:6] == (0, 0, 2, 2, 4, 4)
    assert seen.part(range(1, 6)).repeats == (0, 1, 1, 3, 3)
    assert seen.part(range(1, 6)).picture == seen.picture
    assert seen.picture is not None
