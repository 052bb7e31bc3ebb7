"""Animated GIFs: few colours, well chosen, and times that browsers keep."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from orchestrator.media.clip import Clip
from orchestrator.media.running import writing

if TYPE_CHECKING:
    from pathlib import Path

SHORTEST = Fraction(1, 50)  # what is shown for less, browsers show for a tenth of a second
_TICK = Fraction(1, 100)


def shown(clip: Clip) -> list[int]:
    """Return the frames of a clip, by index, that a GIF can show: for a fiftieth of a second at least."""
    kept = [0]
    for index, time in enumerate(clip.times):
        if time - clip.times[kept[-1]] >= SHORTEST:
            kept.append(index)
    return kept


def thinned(clip: Clip, kept: list[int]) -> Clip:
    """Return some frames of a clip as a clip of their own, as long as the whole and without tracks."""
    begin = clip.footage.times[clip.start]
    footage = replace(
        clip.footage,
        fps=len(kept) / clip.duration,
        times=tuple(begin + clip.times[index] for index in kept),
        duration=clip.duration,
        audio=(),
        subtitles=(),
        chapters=(),
    )
    return Clip(footage, 0, len(kept))


def convert(video: Path, clip: Clip, target: Path) -> str | None:
    """Turn a video into a GIF with one palette for all of it; return ffmpeg's complaint, or None.

    The palette is made from what moves (`palettegen`, differences), so that a still background does not take
    all of it; dithering is redone only where something changed, so that nothing crawls.

    Args:
        video: the frames.
        clip: its times, as `thinned` returns them.
        target: the GIF to write.
    """
    import ffmpeg

    palette = target.with_suffix(".png")
    colours = _square(video).filter("palettegen", stats_mode="diff")
    complaint = _run(ffmpeg.output(colours, f"file:{palette}", update=1, **{"frames:v": 1}))
    if complaint:
        return complaint
    chosen = ffmpeg.input(f"file:{palette}")
    picture = ffmpeg.filter(
        [_square(video), chosen], "paletteuse", dither="sierra2_4a", diff_mode="rectangle"
    )
    last = round((clip.duration - clip.times[-1]) / _TICK)
    exact = {"fps_mode": "passthrough", "enc_time_base:v": f"1/{_TICK.denominator}", "final_delay": last}
    complaint = _run(ffmpeg.output(picture, f"file:{target}", loop=0, fflags="+bitexact", **exact))
    palette.unlink()
    return complaint


def _square(video: Path) -> Any:
    """Return a video's pictures in square pixels: a GIF knows no others."""
    import ffmpeg

    return (
        ffmpeg.input(f"file:{video}")["v:0"]
        .filter("scale", "iw*sar", "ih", flags="lanczos")
        .filter("setsar", 1)
    )


def _run(output: Any) -> str | None:
    with writing(output) as ffmpeg:
        return None if ffmpeg.ended_well() else ffmpeg.complaint()
