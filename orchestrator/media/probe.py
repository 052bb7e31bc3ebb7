"""Reading what a video is, from its packets: one pass, and only the first frame decoded."""

from __future__ import annotations

from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, Protocol

from orchestrator.errors import MediaError
from orchestrator.media import h273
from orchestrator.media.footage import Colour, Footage
from orchestrator.media.tracks import chapters, sound, subtitle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from av import Packet, VideoFrame, VideoStream
    from av.container import InputContainer
    from av.stream import Stream

    from orchestrator.media.footage import AudioStream

# Containers whose header promises a duration, and which can be searched by the time a frame is shown. Others
# estimate both: the same frame of an AVI has another time after a seek.
_INDEXED = ("mov", "matroska")
_BROKEN_PROMISE = Fraction(1, 2)  # seconds missing at the end before we speak of a truncated file
_USUAL_RATE = Fraction(25)  # ffmpeg's own, for a single picture that says nothing of time
_SAME_RATE = Fraction(1, 100_000)
_ROUNDING_TICKS = 8  # a rate whose frames are at least so many ticks long can be told apart from its rounding


class _Shown(NamedTuple):
    """One packet that will be seen or heard, in ticks of its stream's time base."""

    time: int
    duration: int
    key: bool


def probe(path: Path) -> Footage:
    """Read a video's size, times, sound and colour.

    All packets are walked through, so that times are those of the frames and not an average; the first
    frame is decoded. This takes milliseconds for a clip and reads a film once from disk.

    Args:
        path: a video file of any kind that ffmpeg reads.

    Raises:
        MediaError: there is no such file; it is a folder, no video, has no pictures, or ends too early.
    """
    with _opened(path) as container:
        stream = _picture_stream(container, path)
        shown = _walk(container, path)
        if not shown[stream.index]:
            raise MediaError("this video holds no frames", where=str(path), remedy="Name a video that plays.")
        return _footage(path, stream, shown, container)


def _footage(
    path: Path, stream: VideoStream, shown: dict[int, list[_Shown]], container: InputContainer
) -> Footage:
    frames = sorted(shown[stream.index])
    indexed = stream.container.format.name.startswith(_INDEXED)
    times, fps, duration = _timing(frames, stream)
    first = _first_frame(path)
    rotation = -first.rotation % 360
    lying = rotation in {90, 270}
    aspect = Fraction(stream.sample_aspect_ratio or 1)
    return Footage(
        path=path,
        size=(first.height, first.width) if lying else (first.width, first.height),
        fps=fps,
        times=times,
        duration=duration,
        rotation=rotation,
        audio=tuple(_audio(container, shown)),
        colour=_colour(first),
        pixel_aspect=1 / aspect if lying else aspect,
        keyframes=tuple(index for index, frame in enumerate(frames) if frame.key and indexed),
        subtitles=tuple(map(subtitle, container.streams.subtitles)),
        chapters=chapters(container),
    )


def _audio(container: InputContainer, shown: dict[int, list[_Shown]]) -> Iterator[AudioStream]:
    for stream in container.streams.audio:
        if heard := shown[stream.index]:
            first = min(packet.time for packet in heard)
            yield sound(stream, first, max(packet.time + packet.duration for packet in heard))


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    import av

    if not path.exists():
        raise MediaError("there is no such video", where=str(path), remedy="Check the path.")
    if path.is_dir():
        raise MediaError("this is a folder, not a video", where=str(path), remedy="Name a file in it.")
    try:
        with av.open(f"file:{path}") as container:
            yield container
    except av.error.FFmpegError as error:
        raise MediaError(
            f"this is no video that can be read ({error.strerror})",
            where=str(path),
            remedy="Check that it plays, and that it was copied completely.",
        ) from error


def _picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """Return the stream that ffmpeg calls V:0: the first that is no cover picture."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    what = "this file has sound, but no pictures" if container.streams.audio else "this video holds no frames"
    raise MediaError(what, where=str(path), remedy="Name a video that plays.")


def _walk(container: InputContainer, path: Path) -> dict[int, list[_Shown]]:
    """Return what each stream shows. Packets that an edit list hides are decoded but never shown."""
    shown: dict[int, list[_Shown]] = {stream.index: [] for stream in container.streams}
    end = Fraction(0)
    for packet in container.demux():
        if not packet.size:
            continue  # the demuxer's sign that a stream has ended
        if packet.is_corrupt:
            raise _truncated(path)
        if packet.pts is None:
            _refuse_untimed(packet, path)
            continue
        length = packet.duration or 0
        end = max(end, (packet.pts + length) * packet.time_base)
        if not packet.is_discard:
            shown[packet.stream_index].append(_Shown(packet.pts, length, packet.is_keyframe))
    if _promised_end(container) - end > _BROKEN_PROMISE:
        raise _truncated(path)
    return shown


def _refuse_untimed(packet: Packet[Stream], path: Path) -> None:
    if packet.stream.type == "video":
        raise MediaError(
            "this video's frames carry no times",
            where=str(path),
            remedy="Give them some: `ffmpeg -fflags +genpts -i INPUT -c copy OUTPUT.mkv`.",
        )


def _promised_end(container: InputContainer) -> Fraction:
    import av

    if not container.duration or not container.format.name.startswith(_INDEXED):
        return Fraction(0)
    return Fraction(container.duration, av.time_base)


def _truncated(path: Path) -> MediaError:
    return MediaError(
        "this video ends before it should: the file is not whole",
        where=str(path),
        remedy="Copy or download it again.",
    )


class _Rated(Protocol):
    """What of a stream tells its rate."""

    time_base: Fraction | None
    average_rate: Fraction | None
    guessed_rate: Fraction | None
    base_rate: Fraction | None


def _timing(frames: Sequence[_Shown], stream: _Rated) -> tuple[tuple[Fraction, ...], Fraction, Fraction]:
    """Return the frames' times in seconds, the rate, and the duration."""
    tick = stream.time_base or Fraction(1)
    start = frames[0].time * tick
    told = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    rates = [_unrounded(rate) for rate in told if rate]
    steady = next((rate for rate in rates if _explains(rate, frames, tick)), None)
    if steady:
        return tuple(start + index / steady for index in range(len(frames))), steady, len(frames) / steady
    last = frames[-1].duration * tick or 1 / next(iter(rates), _USUAL_RATE)
    duration = (frames[-1].time - frames[0].time) * tick + last
    return tuple(frame.time * tick for frame in frames), len(frames) / duration, duration


def _unrounded(rate: Fraction) -> Fraction:
    """Return the rate over 1001 that this one stands for: Matroska's header cannot hold 60000/1001."""
    exact = Fraction(round(rate * 1001 / 1000) * 1000, 1001)
    return exact if abs(exact - rate) < rate * _SAME_RATE else rate


def _explains(rate: Fraction, frames: Iterable[_Shown], tick: Fraction) -> bool:
    """Whether a constant rate, rounded to ticks, gives exactly these times. In integers: films are long."""
    span, per = (1 / (rate * tick)).as_integer_ratio()
    slack = per if span >= _ROUNDING_TICKS * per else 0
    origin = None
    for index, frame in enumerate(frames):
        origin = frame.time if origin is None else origin
        if abs((frame.time - origin) * per - index * span) > slack:
            return False
    return True


def _first_frame(path: Path) -> VideoFrame:
    with _opened(path) as container:
        stream = _picture_stream(container, path)
        for frame in container.decode(stream):
            return frame
    raise MediaError(
        "no frame of this video can be decoded", where=str(path), remedy="Name a video that plays."
    )


def _colour(frame: VideoFrame) -> Colour:
    return Colour(
        pixel_format=frame.format.name,
        range=h273.RANGES.get(frame.color_range, h273.UNKNOWN),
        space=h273.MATRICES.get(frame.colorspace, h273.UNKNOWN),
        primaries=h273.PRIMARIES.get(frame.color_primaries, h273.UNKNOWN),
        transfer=h273.TRANSFERS.get(frame.color_trc, h273.UNKNOWN),
        bits=max(component.bits for component in frame.format.components),
    )
