"""The subtitles that go with a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.media.beside import source_of

if TYPE_CHECKING:
    from orchestrator.media.clip import Clip
    from orchestrator.media.codecs import Container
    from orchestrator.media.footage import SubtitleStream


def tracks(clip: Clip, container: Container) -> tuple[list[Any], dict[str, Any]]:
    """Return the clip's subtitles as ffmpeg-python streams, timed from its first frame, and their codecs.

    Text becomes what the container takes; pictures are copied or, where it takes none, left out. A line that
    is on the screen when the clip begins or ends is shown for its part of the clip.
    """
    source = source_of(clip)
    streams: list[Any] = []
    options: dict[str, Any] = {}
    for track in clip.footage.subtitles:
        codec = container.subtitle(track)
        if codec is not None:
            options |= {f"c:s:{len(streams)}": codec, f"bsf:s:{len(streams)}": _clipped(float(clip.duration))}
            streams.append(source[str(track.index)])
    return streams, options


def left_out(clip: Clip, container: Container) -> list[SubtitleStream]:
    """Return the subtitles that the container does not take."""
    return [track for track in clip.footage.subtitles if container.subtitle(track) is None]


def _clipped(seconds: float) -> str:
    """Return ffmpeg's filters of packets that leave what lies between 0 and a time."""
    outside = f"lte((pts+duration)*tb\\,0)+gte(pts*tb\\,{seconds:.6f})"
    begin, end = "max(PTS\\,0)", f"min(PTS+DURATION\\,{seconds:.6f}/TB)"
    return f"noise=drop={outside},setts=pts={begin}:dts={begin}:duration={end}-{begin}"
