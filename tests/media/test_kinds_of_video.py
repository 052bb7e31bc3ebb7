"""Every kind of video that people have: its time, shape and sound come through to the restyled one."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import av
import numpy as np
import pytest

from orchestrator.media.clip import Clip, cut
from orchestrator.media.decode import frames
from orchestrator.media.encode import encode
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[str, str], Path]

SINE = "-f lavfi -i sine=frequency=440:duration=2:sample_rate=48000"
X264 = "-c:v libx264 -preset veryfast"
X265 = "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params log-level=none"


def _scene(rate: str = "25", size: str = "96x64") -> str:
    return f"-f lavfi -i testsrc2=size={size}:rate={rate}:duration=2"


def _hdr(transfer: str) -> str:
    tags = f"setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={transfer}:range=tv"
    return f"{_scene()} {SINE} -vf {tags} {X265} -c:a aac"


KEEP = "select='not(mod(n,3))+not(mod(n,5))'"
PHONE = "-fps_mode passthrough -c:v libx264 -bf 0 -c:a aac"
KINDS = {
    "23.976.mp4": f"{_scene('24000/1001')} {SINE} {X264} -c:a aac",
    "29.97.mkv": f"{_scene('30000/1001')} {SINE} {X264} -c:a aac",
    "59.94.mp4": f"{_scene('60000/1001')} {SINE} {X264} -c:a aac",
    "variable.mp4": f"{_scene()} {SINE} -vf {KEEP} {PHONE}",
    "variable.mkv": f"{_scene('30000/1001')} {SINE} -vf {KEEP} {PHONE}",
    "odd.mkv": f"{_scene(size='97x63')} {SINE} -c:v ffv1 -pix_fmt bgr0 -c:a flac",
    "ten_bit.mp4": f"{_scene()} {SINE} {X265} -c:a aac",
    "pq.mp4": _hdr("smpte2084"),
    "hlg.mp4": _hdr("arib-std-b67"),
    "anamorphic.mp4": f"{_scene()} {SINE} -vf setsar=64/45 {X264} -c:a aac",
    "b_frames.mp4": f"{_scene()} {SINE} {X264} -g 12 -bf 3 -x264-params open-gop=1 -c:a aac",
    "offset.ts": f"{_scene()} {SINE} -c:v mpeg2video -bf 2 -c:a mp2 -output_ts_offset 7",
    "late_sound.mkv": f"{_scene()} -itsoffset 0.35 {SINE} {X264} -c:a aac",
    "late_picture.mp4": f"-itsoffset 0.35 {_scene()} {SINE} {X264} -c:a aac",
    "short_sound.mp4": f"{_scene()} {SINE} -af atrim=0:0.7 {X264} -c:a aac",
    "avi.avi": f"{_scene()} {SINE} -c:v mpeg4 -bf 2 -c:a mp3",
    "webm.webm": f"{_scene()} {SINE} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus",
}
SPANS = {"whole": (None, None), "part": (Fraction(13, 25), Fraction(38, 25))}


class Read(NamedTuple):
    """A video as a player sees it: everything is decoded.

    Attributes:
        times: of each frame, from the first.
        end: of the last frame, from the first's start.
        sound: when each track's first sample sounds, and its last has sounded, from the first frame.
    """

    times: list[Fraction]
    end: Fraction
    shape: tuple[int, ...]
    rotation: int
    aspect: Fraction
    sound: list[tuple[Fraction, Fraction]]


def _read(path: Path) -> Read:
    with av.open(str(path)) as container:
        shown = list(container.decode(video=0))
        aspect = Fraction(container.streams.video[0].sample_aspect_ratio or 1)
        tracks = len(container.streams.audio)
    times = [frame.pts * frame.time_base for frame in shown]
    end = times[-1] - times[0] + (shown[-1].duration or 0) * shown[-1].time_base
    heard = [_heard(path, track, times[0]) for track in range(tracks)]
    shape = shown[0].to_ndarray(format="rgb24").shape
    return Read([time - times[0] for time in times], end, shape, shown[0].rotation, aspect, heard)


def _heard(path: Path, track: int, origin: Fraction) -> tuple[Fraction, Fraction]:
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=track))
    first, last = (frames[each].pts * frames[each].time_base for each in (0, -1))
    return first - origin, last + Fraction(frames[-1].samples, frames[-1].sample_rate) - origin


def _restyled(clip: Clip, target: Path) -> Path:
    """Encode a clip's own frames as a painter would have left them."""
    encode(frames(clip), clip, target, codec="h264", crf=None, audio="keep", on_frame=lambda _: None)
    return target


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("kind", KINDS)
def test_time_and_sound_come_through(make: Make, tmp_path: Path, kind: str, span: str) -> None:
    """Each frame at its time, the whole as long to half a frame, and the sound where it was."""
    path = make(kind, KINDS[kind])
    clip, source = cut(probe(path), *SPANS[span]), _read(path)
    made = _read(_restyled(clip, tmp_path / "out.mp4"))
    half = 1 / (2 * clip.fps)
    shown = source.times[clip.start : clip.stop]
    assert len(made.times) == len(shown)
    assert all(abs(a - (b - shown[0])) < half for a, b in zip(made.times, shown, strict=True))
    end = source.times[clip.stop] if clip.stop < len(source.times) else source.end
    assert abs(made.end - (end - shown[0])) <= half
    for (starts, ends), (was, ended) in zip(made.sound, source.sound, strict=True):
        begin = max(was - shown[0], Fraction(0))
        assert abs(starts - begin) < Fraction(1, 40)
        stop = ended - shown[0] if span == "whole" else min(ended, end) - shown[0]
        assert abs(ends - stop) < Fraction(1, 20)


def _whole(path: Path) -> Clip:
    return cut(probe(path), None, None)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_phones_video_stands_upright_at_its_times(make: Make, tmp_path: Path, degrees: int) -> None:
    """A turned video of variable rate and odd pixels is shown as the source is, and turned no more."""
    lying = make("phone.mp4", f"{_scene()} {SINE} -vf {KEEP},setsar=2/1 {PHONE}")
    path = make(f"turned{degrees}.mp4", f"-display_rotation {degrees} -i {lying} -c copy")
    made, source = _read(_restyled(_whole(path), tmp_path / "out.mp4")), _read(path)
    sideways = degrees != 180
    assert made.rotation == 0
    assert made.shape == ((96, 64, 3) if sideways else (64, 96, 3))
    assert made.aspect == (Fraction(1, 2) if sideways else 2)
    assert made.times == source.times
    assert made.end == source.end
    assert made.sound[0][0] == source.sound[0][0]


TRACKS = (
    "-map 0:v -map 1:a -map 2:a -c:a:0 aac -ac:a:0 2 -c:a:1 ac3 -ac:a:1 6"
    " -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu -metadata:s:a:1 title=Kommentar"
    " -disposition:a:0 0 -disposition:a:1 default"
)


@pytest.mark.parametrize("span", SPANS)
def test_each_track_of_sound_keeps_its_name(make: Make, tmp_path: Path, span: str) -> None:
    """All tracks come in order, with channels, language, title, and the one that plays by default."""
    other = "-f lavfi -i sine=frequency=880:duration=2:sample_rate=48000"
    path = make("tracks.mkv", f"{_scene()} {SINE} {other} {X264} {TRACKS}")
    clip = cut(probe(path), *SPANS[span])
    made = probe(_restyled(clip, tmp_path / "out.mkv")).audio
    assert [(each.channels, each.label.language, each.label.title) for each in made] == [
        (2, "eng", ""),
        (6, "deu", "Kommentar"),
    ]
    assert ["default" in each.label.disposition for each in made] == [False, True]
    assert [_pitch(tmp_path / "out.mkv", track) for track in (0, 1)] == [440, 880]


def _pitch(path: Path, track: int) -> int:
    """Return a track's strongest frequency, to the nearest 20 Hz."""
    with av.open(str(path)) as container:
        heard = np.concatenate([frame.to_ndarray().sum(axis=0) for frame in container.decode(audio=track)])
    strength = np.abs(np.fft.rfft(heard[:24000]))
    return int(round(np.argmax(strength) * 48000 / 24000 / 20) * 20)


SUBTITLES = """1
00:00:00,200 --> 00:00:00,400
early

2
00:00:00,440 --> 00:00:01,000
middle

3
00:00:01,400 --> 00:00:01,900
late
"""
CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=1200
title=One = 1
[CHAPTER]
TIMEBASE=1/1000
START=1200
END=2000
title=Zwei ü
"""
SAID = {
    "whole": [("early", 0.2, 0.4), ("middle", 0.44, 1.0), ("late", 1.4, 1.9)],
    "part": [("middle", 0, 0.48), ("late", 0.88, 1.0)],
}
NAMED = {
    "whole": [("One = 1", 0, 1.2), ("Zwei ü", 1.2, 2)],
    "part": [("One = 1", 0, 0.68), ("Zwei ü", 0.68, 1)],
}


@pytest.fixture(scope="module")
def film(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2 s with a track of subtitles and two chapters."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "lines.srt").write_text(SUBTITLES)
    (folder / "chapters.txt").write_text(CHAPTERS)
    maps = "-map 0 -map 1 -map 2 -map_chapters 3 -c:s subrip -metadata:s:s:0 language=fra"
    texts = f"-i {folder}/lines.srt -i {folder}/chapters.txt"
    return make("film.mkv", f"{_scene()} {SINE} {texts} {maps} {X264} -c:a aac")


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("holds", [".mkv", ".mp4"])
def test_subtitles_and_chapters_are_kept(
    make: Make, film: Path, tmp_path: Path, span: str, suffix: str, holds: str
) -> None:
    """Each line and each chapter comes at its time; a part has those that touch it, cut to it."""
    path = film if holds == ".mkv" else make("film.mp4", f"-i {film} -map 0 -c copy -c:s mov_text")
    made = _restyled(cut(probe(path), *SPANS[span]), tmp_path / f"out{suffix}")
    assert _lines(made) == [(text, pytest.approx(a), pytest.approx(b)) for text, a, b in SAID[span]]
    footage = probe(made)
    named = [(each.title, float(each.start), float(each.end)) for each in footage.chapters]
    assert named == [(title, pytest.approx(a), pytest.approx(b)) for title, a, b in NAMED[span]]
    assert footage.subtitles[0].label.language == "fra"
    assert (footage.times[0], footage.audio[0].start) == (0, 0)


def _lines(path: Path) -> list[tuple[str, float, float]]:
    """Return what is shown, and from when to when."""
    with av.open(str(path)) as container:
        mov = container.streams.subtitles[0].codec_context.name == "mov_text"
        packets = [packet for packet in container.demux(subtitles=0) if packet.size > 2 * mov]
        said = [bytes(packet)[2 * mov :].decode() for packet in packets]
        times = [(packet.pts * packet.time_base, packet.duration * packet.time_base) for packet in packets]
    return [(text, float(at), float(at + length)) for text, (at, length) in zip(said, times, strict=True)]


def test_subtitles_are_kept_without_sound(film: Path, tmp_path: Path) -> None:
    """A restyled video without sound keeps its lines and chapters."""
    clip = _whole(film)
    target = tmp_path / "out.mp4"
    encode(frames(clip), clip, target, codec="h264", crf=None, audio="none", on_frame=lambda _: None)
    assert [text for text, *_ in _lines(target)] == ["early", "middle", "late"]
    assert [each.title for each in probe(target).chapters] == ["One = 1", "Zwei ü"]
    assert probe(target).audio == ()


GREYS = {
    "smpte2084": [(0.3, 73), (0.5806, 217), (1, 255)],
    "arib-std-b67": [(0.25, 72), (0.75, 217), (1, 255)],
}


@pytest.mark.parametrize("transfer", GREYS)
@pytest.mark.parametrize("tagged", [True, False])
def test_high_dynamic_range_is_mapped(make: Make, tmp_path: Path, transfer: str, tagged: bool) -> None:
    """A white page (203 nits) becomes a bright white with room above it, dark and bright keep their order."""
    seen = []
    for signal, _ in GREYS[transfer]:
        luma = round(64 + 876 * signal)
        primaries = "bt2020" if tagged else "unknown"
        marks = f"setparams=colorspace=bt2020nc:color_primaries={primaries}:color_trc={transfer}:range=tv"
        grey = (
            f"-f lavfi -i color=size=32x32:rate=25:duration=0.2,format=yuv420p10,geq={luma}:512:512,{marks}"
        )
        clip = _whole(make(f"{transfer}_{luma}_{tagged}.mkv", f"{grey} -c:v ffv1"))
        assert clip.footage.colour.hdr
        seen.append(int(next(iter(frames(clip, start=2)))[4, 4, 1]))
    assert seen == [pytest.approx(grey, abs=3) for _, grey in GREYS[transfer]]
    made = probe(_restyled(clip, tmp_path / "out.mp4")).colour
    assert (made.hdr, made.transfer, made.primaries, made.bits) == (False, "bt709", "bt709", 8)


def test_wide_colours_are_mapped(make: Make) -> None:
    """BT.709's red, as BT.2020 writes it, comes back as BT.709's red; greys stay."""
    red = "-f lavfi -i color=0xC83214:size=32x32:rate=25:duration=0.1,format=gbrp"
    tags = "setparams=colorspace=gbr:color_primaries=bt709:color_trc=bt709:range=pc"
    wide = f"{tags},zscale=primaries=bt2020:matrix=bt2020nc:range=tv,format=yuv444p10"
    clip = _whole(make("wide.mkv", f"{red} -vf {wide} -c:v ffv1"))
    assert clip.footage.colour.wide
    seen = next(iter(frames(clip)))
    assert np.abs(seen.reshape(-1, 3).astype(int) - (0xC8, 0x32, 0x14)).max() <= 3
