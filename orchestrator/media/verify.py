"""Reading back what was written: every frame at its time, and the whole as long as the clip."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

from orchestrator.errors import MediaError
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from PIL import Image

    from orchestrator.media.clip import Clip

_MILLISECOND = Fraction(1, 1000)


def mistake(written: Path, clip: Clip, *, animation: bool) -> str | None:
    """Return what is wrong with a file, or None where it shows the clip's times to within half a frame.

    Args:
        written: a video, or an animated picture.
        clip: the times that it shall have.
        animation: of pictures that are alike, an animation may have made one that is shown as long.
    """
    if animation:
        return _of_animation(written, clip)
    try:
        made = probe(written)
    except MediaError as error:
        return error.what
    if made.count != clip.count:
        return f"it has {made.count} frames instead of {clip.count}"
    slack = 1 / (2 * clip.fps)
    shifts = (made.times[0] + wanted - time for wanted, time in zip(clip.times, made.times, strict=True))
    if any(abs(shift) > slack for shift in shifts):
        return "its frames are not shown at the source's times"
    return _of_length(made.duration, clip)


def _of_animation(written: Path, clip: Clip) -> str | None:
    from PIL import Image

    try:
        with Image.open(written) as animation:
            ends = list(accumulate(_lengths(animation)))
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        return str(error)
    slack = 1 / (2 * clip.fps)
    wanted = iter(clip.times)
    if not all(any(abs(time - shown) <= slack for time in wanted) for shown in ends[:-1]):
        return "its frames are not shown at the source's times"
    return _of_length(ends[-1], clip)


def _lengths(animation: Image.Image) -> Iterable[Fraction]:
    """Yield for how many seconds each picture is shown."""
    for index in range(getattr(animation, "n_frames", 1)):
        animation.seek(index)
        animation.load()  # only then WebP tells it
        yield Fraction(animation.info.get("duration", 0)).limit_denominator(10**6) * _MILLISECOND


def _of_length(duration: Fraction, clip: Clip) -> str | None:
    if abs(duration - clip.duration) <= 1 / (2 * clip.fps):
        return None
    return f"it lasts {float(duration)} s instead of {float(clip.duration)} s"
