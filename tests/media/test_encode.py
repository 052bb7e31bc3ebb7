from __future__ import annotations

import errno
import os
import signal
from dataclasses import replace
from fractions import Fraction
from itertools import repeat
from threading import Timer
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from orchestrator.artifacts import FrameSequence
from orchestrator.errors import FfmpegError, ImageError
from orchestrator.media.clip import Clip, cut
from orchestrator.media.decode import frames, one
from orchestrator.media.encode import encode
from orchestrator.media.pictures import stored, write_png
from orchestrator.media.probe import probe
from orchestrator.media.running import writing
from orchestrator.media.verify import mistake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[str, str], Path]

PICTURE = "-f lavfi -i testsrc2=size=96x64:rate={}:duration=1"
FORMATS = [
    ("h264", ".mp4"),
    ("h264", ".mkv"),
    ("h265", ".mp4"),
    ("av1", ".mp4"),
    ("av1", ".webm"),
    ("prores", ".mov"),
    ("ffv1", ".mkv"),
]


def _painted(clip: Clip, folder: Path, size: tuple[int, int] | None = None) -> FrameSequence:
    sequence = FrameSequence(folder, clip.count)
    for index, frame in enumerate(frames(clip, size=size)):
        write_png(sequence.path(index), frame)
    return sequence


def _encode(clip: Clip, target: Path, codec: str = "h264", size: tuple[int, int] | None = None) -> list[int]:
    done: list[int] = []
    painted = _painted(clip, target.parent / "frames", size)
    encode(stored(painted), clip, target, codec=codec, crf=None, audio="keep", on_frame=done.append)
    return done


def _relative(times: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    return tuple(time - times[0] for time in times)


@pytest.mark.parametrize(("codec", "suffix"), FORMATS)
def test_every_format_keeps_time_picture_and_sound(
    with_sound: Path, tmp_path: Path, codec: str, suffix: str
) -> None:
    """Count, times, duration, sound and the look of the frames come through each codec and container."""
    clip = cut(probe(with_sound), Fraction(1, 2), Fraction(3, 2))
    target = tmp_path / f"out{suffix}"
    assert _encode(clip, target, codec) == list(range(25))
    made = probe(target)
    assert (made.fps, made.count, made.duration) == (25, 25, 1)
    assert _relative(made.times) == clip.times
    assert abs(made.audio[0].duration - 1) < Fraction(1, 40)
    change = np.abs(one(cut(made, None, None), 12).astype(int) - one(clip, 12)).mean()
    assert change == 0 if codec == "ffv1" else change < 7


@pytest.mark.parametrize(("codec", "suffix"), FORMATS)
def test_a_variable_rate_is_kept_to_the_tick(variable: Path, tmp_path: Path, codec: str, suffix: str) -> None:
    """Each frame is shown when the source's is, and the last one as long."""
    clip = cut(probe(variable), None, None)
    target = tmp_path / f"out{suffix}"
    _encode(clip, target, codec)
    made = probe(target)
    assert _relative(made.times) == clip.times
    assert made.duration == clip.duration


@pytest.mark.parametrize("rate", ["24000/1001", "30000/1001", "60000/1001", "12"])
def test_odd_rates_are_exact(make: Make, tmp_path: Path, rate: str) -> None:
    """The rate is the same fraction, from Matroska's milliseconds too."""
    clip = cut(probe(make("source.mkv", f"{PICTURE.format(rate)} -c:v mpeg4")), None, None)
    _encode(clip, tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").fps == Fraction(rate)
    assert _relative(probe(tmp_path / "out.mp4").times) == clip.times


def test_the_same_frames_give_the_same_bytes(with_sound: Path, tmp_path: Path) -> None:
    """Encoding twice, onto an older file too, makes no difference."""
    clip = cut(probe(with_sound), None, Fraction(1))
    target = tmp_path / "out.mp4"
    target.write_bytes(b"older")
    _encode(clip, target)
    first = target.read_bytes()
    _encode(clip, target)
    assert target.read_bytes() == first
    assert {each.name for each in tmp_path.iterdir()} == {"out.mp4", "frames"}


def test_colours_are_tagged_and_right(make: Make, tmp_path: Path) -> None:
    """A plain colour comes back within rounding, and the file says that it is BT.709, limited range."""
    clip = cut(
        probe(make("red.mkv", "-f lavfi -i color=0xC83214:size=64x64:rate=25:duration=0.2 -c:v ffv1")),
        None,
        None,
    )
    _encode(clip, tmp_path / "out.mp4")
    made = probe(tmp_path / "out.mp4")
    colour = made.colour
    assert (colour.space, colour.primaries, colour.transfer, colour.range) == (
        "bt709",
        "bt709",
        "bt709",
        "tv",
    )
    assert np.abs(one(cut(made, None, None), 1).astype(int) - one(clip, 1)).max() <= 3


def test_an_odd_size_is_scaled_to_the_next_even_one(make: Make, tmp_path: Path) -> None:
    """Halved chroma takes no odd side: it grows by one pixel; ffv1 keeps it."""
    source = make("odd.mkv", f"{PICTURE.format(25)} -vf scale=97:63,format=bgr0 -frames:v 3 -c:v ffv1")
    clip = cut(probe(source), None, None)
    _encode(clip, tmp_path / "out.mp4")
    _encode(clip, tmp_path / "out.mkv", "ffv1")
    assert probe(tmp_path / "out.mp4").size == (98, 64)
    assert probe(tmp_path / "out.mkv").size == (97, 63)


def test_pixels_keep_the_display_aspect(make: Make, tmp_path: Path) -> None:
    """An anamorphic or turned source, and frames of another size, are shown as wide as the source."""
    wide = make("wide.mp4", f"{PICTURE.format(25)} -vf setsar=128/117:max=200 -frames:v 3 -c:v libx264")
    clip = cut(probe(wide), None, None)
    _encode(clip, tmp_path / "out.mp4")
    assert probe(tmp_path / "out.mp4").pixel_aspect == Fraction(128, 117)
    _encode(clip, tmp_path / "square.mp4", size=(64, 64))
    assert probe(tmp_path / "square.mp4").pixel_aspect == Fraction(128, 117) * Fraction(96, 64)
    turned = make("turned.mp4", f"-display_rotation 90 -i {wide} -c copy")
    _encode(cut(probe(turned), None, None), tmp_path / "upright.mp4")
    upright = probe(tmp_path / "upright.mp4")
    assert (upright.size, upright.rotation, upright.pixel_aspect) == ((64, 96), 0, Fraction(117, 128))


def test_a_whole_videos_sound_is_copied(make: Make, tmp_path: Path) -> None:
    """The container's own formats go over bit by bit, all tracks and 5.1 among them; others become AAC."""
    tones = "-f lavfi -i sine=duration=1"
    tracks = "-map 0 -map 1 -map 1 -c:v libx264 -c:a:0 aac -ac:a:0 6 -c:a:1 libvorbis"
    source = make("tracks.mkv", f"{PICTURE.format(25)} {tones} {tracks}")
    _encode(cut(probe(source), None, None), tmp_path / "out.mp4")
    made = probe(tmp_path / "out.mp4").audio
    assert [(each.codec, each.channels) for each in made] == [("aac", 6), ("aac", 1)]
    assert _packets(tmp_path / "out.mp4") == _packets(source)


def _packets(path: Path) -> list[bytes]:
    with av.open(path) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


WHITE = "drawbox=color=white:t=fill:enable='between(t,1.5,1.7)'"
BLINK = f"-f lavfi -i color=black:size=64x48:rate=25:duration=3,{WHITE}"
BEEP = "-f lavfi -i aevalsrc=0.5*sin(2*PI*880*t)*gt(t\\,1.5)*lt(t\\,1.7):sample_rate=48000:duration=3"


@pytest.mark.parametrize("delay", ["0", "0.4", "-0.2"])
@pytest.mark.parametrize("span", [(None, None), (Fraction(1), Fraction(5, 2))])
def test_a_beep_stays_with_its_blink(
    make: Make, tmp_path: Path, delay: str, span: tuple[Fraction | None, Fraction | None]
) -> None:
    """The distance between sound and picture is the source's, copied or cut, wherever the sound starts."""
    source = make("blink.mkv", f"{BLINK} -itsoffset {delay} {BEEP} -c:v libx264 -c:a aac -output_ts_offset 3")
    clip = cut(probe(source), *span)
    _encode(clip, tmp_path / "out.mp4")
    made = cut(probe(tmp_path / "out.mp4"), None, None)
    assert made.duration == clip.duration
    apart = _beep(made.footage.path) - _blink(made)
    assert apart == pytest.approx(float(delay), abs=0.03)
    assert apart == pytest.approx(_beep(source) - _blink(cut(probe(source), None, None)), abs=0.006)


def _blink(clip: Clip) -> float:
    bright = next(index for index, frame in enumerate(frames(clip)) if frame.mean() > 128)
    return float(clip.footage.times[bright])


def _beep(path: Path) -> float:
    """Return when the tone has reached a third of its full strength, in seconds."""
    with av.open(path) as container:
        heard = [(frame.time, np.abs(frame.to_ndarray()).max(axis=0)) for frame in container.decode(audio=0)]
    return next(time + np.argmax(loud > 0.17) / 48000 for time, loud in heard if loud.max() > 0.17)


def test_silence_stays_silence(with_sound: Path, variable: Path, tmp_path: Path) -> None:
    """Without sound in the source, or when none is wanted, there is none."""
    _encode(cut(probe(variable), None, None), tmp_path / "mute.mp4")
    assert probe(tmp_path / "mute.mp4").audio == ()
    clip = cut(probe(with_sound), None, Fraction(1, 5))
    painted = _painted(clip, tmp_path / "few")
    encode(
        stored(painted),
        clip,
        tmp_path / "none.mp4",
        codec="h264",
        crf=30,
        audio="none",
        on_frame=lambda _: None,
    )
    assert probe(tmp_path / "none.mp4").audio == ()


def test_quality_is_chosen_by_crf(with_sound: Path, tmp_path: Path) -> None:
    """A higher factor makes a smaller file."""
    clip = cut(probe(with_sound), None, Fraction(1))
    painted = _painted(clip, tmp_path / "frames")
    for crf in (10, 40):
        target = tmp_path / f"{crf}.mp4"
        encode(stored(painted), clip, target, codec="h264", crf=crf, audio="none", on_frame=lambda _: None)
    assert (tmp_path / "40.mp4").stat().st_size < (tmp_path / "10.mp4").stat().st_size / 2


@pytest.mark.parametrize(("codec", "name"), [("prores", "out.mp4"), ("ffv1", "out"), ("theora", "out.mp4")])
def test_a_container_that_does_not_hold_the_codec_is_refused(
    variable: Path, tmp_path: Path, codec: str, name: str
) -> None:
    """The mistake is told before anything is written, with what would do."""
    with pytest.raises(FfmpegError) as caught:
        _encode(cut(probe(variable), None, None), tmp_path / name, codec)
    assert caught.value.remedy
    assert not (tmp_path / name).exists()


def test_a_failure_leaves_the_older_file(with_sound: Path, tmp_path: Path) -> None:
    """A damaged frame stops the work; what was there before stays as it was, with nothing half-made."""
    clip = cut(probe(with_sound), None, Fraction(1))
    target = tmp_path / "out.mp4"
    _encode(clip, target)
    first = target.read_bytes()
    (tmp_path / "frames" / "000020.png").write_bytes(b"damaged")
    damaged = stored(FrameSequence(tmp_path / "frames", 25))
    with pytest.raises(ImageError):
        encode(damaged, clip, target, codec="h264", crf=None, audio="keep", on_frame=lambda _: None)
    assert target.read_bytes() == first
    assert {each.name for each in tmp_path.iterdir()} == {"out.mp4", "frames"}


def test_ffmpegs_own_words_are_told(
    with_sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the source has gone, ffmpeg's reason stands in the message."""
    clip = cut(probe(with_sound), None, Fraction(1))
    painted = _painted(clip, tmp_path / "frames")
    gone = Clip(probe(with_sound), 0, 25)
    object.__setattr__(gone.footage, "path", tmp_path / "gone.mp4")
    with pytest.raises(FfmpegError, match="No such file"):
        encode(
            stored(painted),
            gone,
            tmp_path / "o.mp4",
            codec="h264",
            crf=None,
            audio="keep",
            on_frame=lambda _: None,
        )


def test_a_result_that_does_not_measure_up_is_refused(with_sound: Path) -> None:
    """What was written is read back: another count or length is an error, not a video."""
    footage = probe(with_sound)
    longer = replace(footage, duration=footage.duration + Fraction(1, 10))
    times = (*footage.times[:20], footage.times[20] + Fraction(3, 100), *footage.times[21:])
    wrong = {
        "50 frames instead of 25": Clip(footage, 0, 25),
        "2.0 s instead of 2.1 s": Clip(longer, 0, 50),
        "source's times": Clip(replace(footage, times=times), 0, 50),
    }
    for words, clip in wrong.items():
        assert words in str(mistake(with_sound, clip, animation=False))


def test_a_full_disk_is_recognised() -> None:
    """A full disk that ffmpeg complains of becomes the operating system's error."""
    import ffmpeg

    noise = ffmpeg.input("testsrc2=size=640x480:duration=2", format="lavfi")
    with writing(ffmpeg.output(noise, "file:/dev/full", format="rawvideo")) as program:
        assert not program.ended_well()
        error = program.storage_error()
    assert error is not None
    assert error.errno == errno.ENOSPC


def test_ctrl_c_ends_an_encoding(bunny: Path, tmp_path: Path) -> None:
    """Wherever it strikes; most likely where a full pipe is waited for."""
    clip = cut(probe(bunny), None, None)
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    strike = Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    strike.start()
    with pytest.raises(KeyboardInterrupt):
        encode(
            repeat(noise, clip.count),
            clip,
            tmp_path / "a.mp4",
            codec="h265",
            crf=None,
            audio="none",
            on_frame=lambda _: None,
        )
    assert not list(tmp_path.iterdir())
