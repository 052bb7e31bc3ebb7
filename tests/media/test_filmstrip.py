"""Pictures in a row, from wherever they come, and while they are being made."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.artifacts import FrameSequence
from orchestrator.errors import ImageError, MediaError
from orchestrator.media.filmstrip import filmstrip
from orchestrator.media.pictures import stored, write_png

if TYPE_CHECKING:
    from pathlib import Path


def grey(level: int) -> np.ndarray:
    return np.full((8, 8, 3), level, np.uint8)


def test_a_folders_pictures_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """`frame10` comes after `frame9`; what is no picture is left alone."""
    for number in (10, 9, 1):
        write_png(tmp_path / f"frame{number}.png", grey(number))
    (tmp_path / "notes.txt").write_text("no picture")
    strip = filmstrip(tmp_path)
    assert [path.stem for path in strip.pictures] == ["frame1", "frame9", "frame10"]
    assert [int(frame[0, 0, 0]) for frame in strip.frames()] == [1, 9, 10]
    assert [int(frame[0, 0, 0]) for frame in strip.frames()] == [1, 9, 10], "each time from the first on"


def test_a_video_and_a_picture_are_rows_too(bikes: Path, tmp_path: Path) -> None:
    """A video has as many pictures as frames, a picture is a row of one."""
    video = filmstrip(bikes)
    assert video.count == 250
    assert next(video.frames()).shape == (272, 640, 3)
    write_png(tmp_path / "one.png", grey(7))
    alone = filmstrip(tmp_path / "one.png")
    assert (alone.count, [int(frame[0, 0, 0]) for frame in alone.frames()]) == (1, [7])


def test_what_holds_no_pictures_is_named(tmp_path: Path) -> None:
    """An empty folder and a missing video are errors about themselves."""
    with pytest.raises(ImageError, match="no pictures"):
        filmstrip(tmp_path)
    with pytest.raises(MediaError):
        filmstrip(tmp_path / "none.mp4")


def test_pictures_are_followed_while_they_are_made(tmp_path: Path) -> None:
    """Each comes as soon as it is there, in order, before the next one is made."""
    ended = threading.Event()
    frames = FrameSequence(tmp_path, 4, ended.is_set)
    seen = threading.Semaphore(0)

    def paint() -> None:
        for index in range(frames.count):
            write_png(frames.path(index), grey(10 * index))
            assert seen.acquire(timeout=20), "this picture was not read before the next one"
        ended.set()

    painter = threading.Thread(target=paint)
    painter.start()
    levels = []
    for picture in stored(frames):
        levels.append(int(picture[0, 0, 0]))
        seen.release()
    painter.join()
    assert levels == [0, 10, 20, 30]


def test_following_ends_when_the_maker_has_ended_without_a_picture(tmp_path: Path) -> None:
    """Nobody waits for a picture that cannot come; one that came at the last moment is still read."""

    def ended() -> bool:
        write_png(frames.path(0), grey(1))
        return True

    frames = FrameSequence(tmp_path, 2, ended)
    followed = stored(frames)
    assert next(followed)[0, 0, 0] == 1
    begun = time.monotonic()
    with pytest.raises(ImageError, match="there is no such picture"):
        next(followed)
    assert time.monotonic() - begun < 5
