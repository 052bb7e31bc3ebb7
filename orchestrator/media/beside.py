"""What goes over from the source's file beside its pictures."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from orchestrator.media.footage import Chapter

if TYPE_CHECKING:
    from orchestrator.media.clip import Clip


def source_of(clip: Clip) -> Any:
    """Return the clip's file as an ffmpeg-python input, timed from the clip's first frame."""
    import ffmpeg

    begin = clip.footage.times[clip.start]
    return ffmpeg.input(f"file:{clip.footage.path}", itsoffset=f"{float(-begin):.6f}")


def chapters(clip: Clip) -> list[Chapter]:
    """Return the chapters that touch the clip, cut to it and timed from its first frame."""
    begin = clip.footage.times[clip.start]
    moved = (
        Chapter(max(each.start - begin, Fraction(0)), min(each.end - begin, clip.duration), each.title)
        for each in clip.footage.chapters
    )
    return [each for each in moved if each.start < each.end]
