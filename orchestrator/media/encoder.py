"""What an ffmpeg is told that writes a video from a pipe of timed frames."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.media import sound, subtitles
from orchestrator.media.codecs import choose
from orchestrator.media.timed import tick

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.media.clip import Clip
    from orchestrator.media.codecs import Codec

_SCALER = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
_DELAY_LIMIT = 65_535  # APNG has 16 bits for either side of a delay
_PIPE = "pipe:"
_ASPECT_LIMIT = 65_535  # H.264 has 16 bits for either side of the pixel aspect


def graph(
    clip: Clip,
    target: Path,
    size: tuple[int, int],
    codec: str,
    crf: int | None,
    audio: Literal["keep", "none"],
) -> Any:
    """Return the ffmpeg-python graph from `timed.feed`'s pipe, and what goes with it, to a file.

    Args:
        clip: where times, pixel aspect and sound come from.
        target: the file; its suffix chooses the container.
        size: width and height of the frames in the pipe.
        codec: a key of `codecs.CODECS`.
        crf: None is the codec's default.
        audio: `keep` or `none`.

    Raises:
        FfmpegError: the container does not take the codec.
    """
    import ffmpeg

    chosen, container = choose(codec, target)
    tracks, sounding = sound.tracks(clip, container) if audio == "keep" and not container.silent else ([], {})
    lines, reading = subtitles.tracks(clip, container)
    options = {
        "c:v": chosen.name,
        **chosen.options,
        **chosen.quality(crf),
        **_timing(clip),
        **_last_delay(clip, chosen),
        **_colour_options(chosen),
        **sounding,
        **reading,
        **container.options,
        "fflags": "+bitexact",
        "flags": "+bitexact",
    }
    streams = (_picture(clip, size, chosen), *tracks, *lines, f"file:{target}")
    # the chapters of the pipe are the clip's; those of the source would be the whole video's
    pipe = _inputs(ffmpeg.output(*streams)).index(_PIPE)
    return ffmpeg.output(*streams, map_chapters=pipe, **options)


def _inputs(output: Any) -> list[str]:
    """Return a graph's inputs in the order in which ffmpeg will count them."""
    words = output.get_args()
    return [words[at + 1] for at, word in enumerate(words) if word == "-i"]


def _picture(clip: Clip, size: tuple[int, int], codec: Codec) -> Any:
    import ffmpeg

    picture = ffmpeg.input(_PIPE, format="nut")["v:0"]
    if codec.animation:
        return picture.filter("scale", *_shown_size(clip, size), flags=_SCALER).filter(
            "format", codec.pixel_format
        )
    if not codec.rgb:
        width, height = (-(-side // step) * step for side, step in zip(size, codec.step, strict=True))
        picture = picture.filter(
            "scale", width, height, flags=_SCALER, out_color_matrix="bt709", out_range="tv"
        ).filter("setparams", color_primaries="bt709", color_trc="bt709")
    aspect = _pixel_aspect(clip, size)
    return picture.filter("format", codec.pixel_format).filter("setsar", aspect, max=_ASPECT_LIMIT)


def _shown_size(clip: Clip, size: tuple[int, int]) -> tuple[int, int]:
    """Return the size in square pixels: what knows no others must be as wide as it shall look."""
    return max(round(size[0] * _aspect(clip, size)), 1), size[1]


def _aspect(clip: Clip, size: tuple[int, int]) -> Fraction:
    """Return the pixel aspect that keeps the source's display aspect at this size."""
    width, height = clip.size
    return clip.footage.pixel_aspect * Fraction(width * size[1], height * size[0])


def _pixel_aspect(clip: Clip, size: tuple[int, int]) -> str:
    aspect = _aspect(clip, size)
    return "{}/{}".format(*aspect.limit_denominator(_ASPECT_LIMIT).as_integer_ratio())


def _colour_options(codec: Codec) -> dict[str, str]:
    """Return the tags once more: old versions of ffmpeg do not take them from the frames."""
    if codec.rgb:
        return {}
    return {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "color_range": "tv"}


def _timing(clip: Clip) -> dict[str, Any]:
    base = tick(clip)
    exact = {"fps_mode": "passthrough", "enc_time_base:v": f"{base.numerator}/{base.denominator}"}
    return exact if clip.constant else {**exact, **_last_frame_kept(clip, base)}


def _last_delay(clip: Clip, codec: Codec) -> dict[str, str]:
    """Say how long an APNG's last picture is shown: its writer would take the time of the one before."""
    if codec.name != "apng":
        return {}
    last = (clip.duration - clip.times[-1]).limit_denominator(_DELAY_LIMIT)
    return {"final_delay": f"{last.numerator}/{last.denominator}"}


def _last_frame_kept(clip: Clip, base: Fraction) -> dict[str, Any]:
    """Say how long a variable rate's last frame is shown: no later time tells it.

    MP4 keeps that only where frames are stored in the order in which they are shown, without B-frames.
    """
    last = int(clip.times[-1] / base)
    length = int(clip.duration / base) - last
    duration = f"if(eq(PTS\\,{last})\\,{length}\\,DURATION)"
    return {"bf": 0, "bsf:v": f"setts=pts=PTS:dts=DTS:duration={duration}"}
