"""What is known of a video without decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

_HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
_WIDE_PRIMARIES = frozenset({"bt2020", "smpte431", "smpte432"})


@dataclass(frozen=True)
class Label:
    """What a player shows of a track in its menu.

    Attributes:
        language: of three letters as in ISO 639-2; empty where the file does not say.
        title: a name, or nothing.
        disposition: ffmpeg's flags, such as `default+forced`; 0 for none.
    """

    language: str = ""
    title: str = ""
    disposition: str = "0"


@dataclass(frozen=True)
class AudioStream:
    """One track of sound.

    Attributes:
        index: its number among all streams of the file.
        codec: ffmpeg's name for the format, such as `aac`.
        channels: how many; 6 is 5.1.
        sample_rate: in Hz.
        start: when its first sample sounds, in seconds on the same clock as the video's frames.
        duration: in seconds.
        label: what a player calls it.
    """

    index: int
    codec: str
    channels: int
    sample_rate: int
    start: Fraction
    duration: Fraction
    label: Label = Label()


@dataclass(frozen=True)
class SubtitleStream:
    """One track of subtitles.

    Attributes:
        index: its number among all streams of the file.
        codec: ffmpeg's name for the format, such as `subrip`.
        text: whether it is text, and not pictures.
        label: what a player calls it.
    """

    index: int
    codec: str
    text: bool
    label: Label = Label()


@dataclass(frozen=True)
class Chapter:
    """A stretch with a name, from `start` to `end` in seconds on the file's clock."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True)
class Colour:
    """What the numbers of a picture mean, by ffmpeg's names; `unknown` where the file does not say.

    Attributes:
        pixel_format: layout of the planes, such as `yuv420p`.
        range: `tv` (16 to 235) or `pc` (0 to 255).
        space: the YCbCr matrix, such as `bt709`; `gbr` for RGB.
        primaries: the RGB primaries.
        transfer: the transfer function.
        bits: per component.
    """

    pixel_format: str
    range: str
    space: str
    primaries: str
    transfer: str
    bits: int

    @property
    def hdr(self) -> bool:
        """Whether it is high dynamic range: PQ or HLG."""
        return self.transfer in _HDR_TRANSFERS

    @property
    def wide(self) -> bool:
        """Whether it has colours outside BT.709: BT.2020 or P3."""
        return self.primaries in _WIDE_PRIMARIES


@dataclass(frozen=True)
class Footage:
    """A video as its file tells of it.

    Attributes:
        path: the file.
        size: width and height in pixels, upright (after rotation), not stretched to the pixels' aspect.
        fps: frames per second: the exact rate where it is constant, else count over duration.
        times: when each frame is shown, in seconds on the file's own clock, ascending. Where a container
            rounds a constant rate (Matroska: to milliseconds), the rounding is undone.
        duration: from the first frame's start to the last one's end, in seconds.
        rotation: by how many degrees, clockwise, the stored picture is turned to stand upright.
        audio: every track of sound.
        colour: of the stored picture.
        pixel_aspect: width over height of one pixel, upright.
        keyframes: indices of the frames that can be sought and decoded from, ascending; empty where the file
            cannot be searched exactly.
        subtitles: every track of subtitles.
        chapters: in order of time.
    """

    path: Path
    size: tuple[int, int]
    fps: Fraction
    times: tuple[Fraction, ...]
    duration: Fraction
    rotation: int
    audio: tuple[AudioStream, ...]
    colour: Colour
    pixel_aspect: Fraction
    keyframes: tuple[int, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.times)
