"""What a file tells of its sound, its subtitles and its chapters."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from orchestrator.media.footage import AudioStream, Chapter, Label, SubtitleStream

if TYPE_CHECKING:
    from av import AudioStream as AvAudio
    from av.container import InputContainer
    from av.stream import Stream

_PICTURES = frozenset({"dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle", "xsub"})


def sound(stream: AvAudio, first: int, end: int) -> AudioStream:
    """Return what is known of a track.

    Args:
        stream: as PyAV has it.
        first: time of its first packet, in ticks of its time base.
        end: where its last packet ends.
    """
    tick = stream.time_base or Fraction(1)
    # packets before the stream's start hold the encoder's priming, which is not heard
    start = first if stream.start_time is None else stream.start_time
    return AudioStream(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        channels=stream.channels,
        sample_rate=stream.sample_rate,
        start=start * tick,
        duration=(end - start) * tick,
        label=_label(stream),
    )


def subtitle(stream: Stream) -> SubtitleStream:
    """Return what is known of a track of subtitles."""
    codec = stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"
    return SubtitleStream(stream.index, codec, codec not in _PICTURES, _label(stream))


def chapters(container: InputContainer) -> tuple[Chapter, ...]:
    """Return a file's chapters, in order of time."""
    found = (
        Chapter(each["start"] * tick, each["end"] * tick, each["metadata"].get("title", ""))
        for each in container.chapters()
        if (tick := each["time_base"])
    )
    return tuple(sorted(found, key=lambda chapter: chapter.start))


def _label(stream: Stream) -> Label:
    from av.stream import Disposition

    flags = [flag.name for flag in Disposition if flag and flag.name and flag in stream.disposition]
    language = stream.metadata.get("language", "")
    return Label(
        language="" if language == "und" else language,
        title=stream.metadata.get("title", ""),
        disposition="+".join(flags) or "0",
    )
