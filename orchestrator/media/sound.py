"""The sound that goes with a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.media.beside import source_of

if TYPE_CHECKING:
    from fractions import Fraction

    from orchestrator.media.clip import Clip
    from orchestrator.media.codecs import Container
    from orchestrator.media.footage import AudioStream, Label

_CHANNEL_BITRATE = 96_000  # transparent for AAC by most listening tests


def tracks(clip: Clip, container: Container) -> tuple[list[Any], dict[str, Any]]:
    """Return the clip's tracks as ffmpeg-python streams, timed from its first frame, and their codecs.

    A track is copied when the clip is the whole video and the container takes it; otherwise its samples of
    the clip's time are encoded anew, with all channels.
    """
    source = source_of(clip)
    streams: list[Any] = []
    options: dict[str, Any] = {}
    for number, track in enumerate(heard(clip)):
        stream = source[str(track.index)]
        if clip.whole and container.takes(track.codec):
            options[f"c:a:{number}"] = "copy"
        else:
            stream = stream.filter("atrim", start=0, end=f"{float(clip.duration):.6f}")
            options[f"c:a:{number}"] = container.sound
            options[f"b:a:{number}"] = track.channels * _CHANNEL_BITRATE
            options |= _labelled(number, track.label)
        streams.append(stream)
    return streams, options


def heard(clip: Clip) -> list[AudioStream]:
    """Return the tracks that sound at some time of the clip."""
    begin = clip.footage.times[clip.start]
    return [each for each in clip.footage.audio if _overlaps(each, begin, begin + clip.duration)]


def _labelled(number: int, label: Label) -> dict[str, str]:
    """Return ffmpeg's options that name a filtered track, which carries nothing of its source's label."""
    named = {f"disposition:a:{number}": label.disposition}
    if label.language:
        named[f"metadata:s:a:{number}"] = f"language={label.language}"
    if label.title:
        # one name of an option has one value here, so that the stream is named otherwise: the picture is 0
        named[f"metadata:s:{number + 1}"] = f"title={label.title}"
    return named


def _overlaps(track: AudioStream, begin: Fraction, end: Fraction) -> bool:
    return track.start < end and begin < track.start + track.duration
