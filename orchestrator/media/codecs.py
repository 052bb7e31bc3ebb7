"""What videos can be written as, and into which files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.errors import FfmpegError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.media.footage import SubtitleStream


@dataclass(frozen=True)
class Codec:
    """One way to write pictures.

    Threads are fixed where a codec's bytes depend on them, so that every machine writes the same file.

    Attributes:
        name: ffmpeg's encoder.
        pixel_format: ffmpeg's name; every one but RGB is BT.709, limited range.
        crf: the default constant rate factor, lower is better; None where the codec has none.
        options: further options of the encoder.
        containers: suffixes of the files that hold it.
        animation: whether it is an animated picture: without sound and in square pixels.
    """

    name: str
    pixel_format: str
    crf: int | None
    options: Mapping[str, str]
    containers: tuple[str, ...]
    animation: bool = False

    @property
    def rgb(self) -> bool:
        """Whether it takes RGB as it is."""
        return self.pixel_format.startswith(("gbr", "rgb", "bgr"))

    @property
    def step(self) -> tuple[int, int]:
        """Width and height must be multiples of these: chroma is kept at half the size."""
        return {"yuv420": (2, 2), "yuv422": (2, 1)}.get(self.pixel_format[:6], (1, 1))

    def quality(self, crf: int | None) -> dict[str, int]:
        """Return the option that sets its quality; None takes its default."""
        if self.crf is None:
            return {}
        return {"crf": self.crf if crf is None else crf}


CODECS: Mapping[str, Codec] = {
    "h264": Codec(
        "libx264", "yuv420p", 18, {"preset": "medium", "threads": "4"}, (".mp4", ".mov", ".mkv", ".m4v")
    ),
    "h265": Codec(
        "libx265",
        "yuv420p",
        20,
        {"preset": "medium", "tag:v": "hvc1", "x265-params": "pools=4:frame-threads=2:log-level=error"},
        (".mp4", ".mov", ".mkv", ".m4v"),
    ),
    "av1": Codec(
        "libsvtav1", "yuv420p", 28, {"preset": "7", "svtav1-params": "lp=2"}, (".mp4", ".mkv", ".webm")
    ),
    "prores": Codec(
        "prores_ks", "yuv422p10le", None, {"profile:v": "hq", "vendor": "apl0"}, (".mov", ".mkv")
    ),
    "ffv1": Codec("ffv1", "gbrp", None, {"level": "3", "g": "1", "slices": "4", "slicecrc": "1"}, (".mkv",)),
    "gif": Codec("gif", "rgb24", None, {}, (".gif",), animation=True),
    # given RGB, libwebp makes the YCbCr of its own standard, which is not BT.709
    "webp": Codec("libwebp", "bgra", None, {"quality": "80", "loop": "0"}, (".webp",), animation=True),
    "apng": Codec("apng", "rgb24", None, {"pred": "mixed", "plays": "0"}, (".apng",), animation=True),
}


@dataclass(frozen=True)
class Container:
    """One kind of file.

    Attributes:
        sound: ffmpeg's encoder for sound that cannot be copied.
        copies: formats of sound that go in as they are; None is any.
        text: ffmpeg's encoder for subtitles of text; None where it holds none.
        subtitles: formats of subtitles, pictures among them, that go in as they are.
        options: further options of the muxer.
        silent: whether it holds no sound.
    """

    sound: str = "aac"
    copies: frozenset[str] | None = None
    text: str | None = None
    subtitles: frozenset[str] = frozenset()
    options: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False

    def takes(self, codec: str) -> bool:
        """Whether sound of this format can be copied into it."""
        return self.copies is None or codec in self.copies

    def subtitle(self, track: SubtitleStream) -> str | None:
        """Return how a track of subtitles goes in: by an encoder of ffmpeg, by `copy`, or not: None."""
        if track.codec in self.subtitles:
            return "copy"
        return self.text if track.text else None


_COMMON = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
_MATROSKA = frozenset({"ass", "ssa", "subrip", "webvtt", "dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle"})
_FASTSTART = {"movflags": "+faststart"}

CONTAINERS: Mapping[str, Container] = {
    ".mp4": Container(copies=_COMMON | {"opus", "flac"}, text="mov_text", options=_FASTSTART),
    ".m4v": Container(copies=_COMMON, text="mov_text", options=_FASTSTART),
    ".mov": Container(
        copies=_COMMON | {"pcm_s16le", "pcm_s24le", "pcm_s16be"}, text="mov_text", options=_FASTSTART
    ),
    ".mkv": Container(text="subrip", subtitles=_MATROSKA),
    ".gif": Container(silent=True),
    ".webp": Container(silent=True),
    ".apng": Container(silent=True),
    ".webm": Container(sound="libopus", copies=frozenset({"opus", "vorbis"}), text="webvtt"),
}


def of_suffix(target: Path) -> str:
    """Return the codec that a file gets where none is named: the first that goes with its suffix.

    Raises:
        FfmpegError: none does.
    """
    suffix = target.suffix.lower()
    fitting = [name for name, codec in CODECS.items() if suffix in codec.containers]
    if not fitting:
        raise FfmpegError(
            f"a {suffix or 'nameless'} file is no video that can be written",
            where=str(target),
            remedy=f"Name it with one of {', '.join(CONTAINERS)}.",
        )
    return fitting[0]


def choose(codec: str, target: Path) -> tuple[Codec, Container]:
    """Return what `target` is written with.

    Raises:
        FfmpegError: there is no such codec, or the file's suffix does not go with it.
    """
    if codec not in CODECS:
        raise FfmpegError(f"there is no codec {codec!r}", remedy=f"Choose one of {', '.join(CODECS)}.")
    chosen = CODECS[codec]
    suffix = target.suffix.lower()
    if suffix not in chosen.containers:
        raise FfmpegError(
            f"a {suffix or 'nameless'} file cannot hold {codec}",
            where=str(target),
            remedy=f"Name the video with {' or '.join(chosen.containers)}.",
        )
    return chosen, CONTAINERS[suffix]
