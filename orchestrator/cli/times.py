"""Times on the command line, and the frames that they mean."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from orchestrator.errors import ProjectError
from orchestrator.timeline import Timeline, parsed

if TYPE_CHECKING:
    from orchestrator.media.clip import Clip


def frame_at(text: str, clip: Clip) -> int:
    """Return the index of the frame that is shown at a time, such as `80`, `3.2s` or `50%`.

    Raises:
        ProjectError: it is no time, or the clip has no frame then.
    """
    try:
        time = parsed(text)
    except ValueError as error:
        raise ProjectError(str(error)) from None
    index = floor(time.position(Timeline(clip.times, clip.fps)))
    if index >= clip.count:
        raise ProjectError(
            f"there is no frame at {time}: the clip has {clip.count}, from 0 to {clip.count - 1},"
            f" and lasts {float(clip.duration):.2f} s"
        )
    return index


def frames_in(text: str, clip: Clip) -> tuple[int, int]:
    """Return the indices of a stretch's first and last frame; `100-200`, `3.2s-5s`, or a single time.

    Raises:
        ProjectError: it is no stretch of the clip.
    """
    start, dash, end = text.partition("-")
    first, last = frame_at(start, clip), frame_at(end if dash else start, clip)
    if last < first:
        raise ProjectError(f"the stretch {text} ends before it begins")
    return first, last
