from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import MediaError
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[str, str], Path]

PICTURE = "-f lavfi -i testsrc2=size=96x64:rate={}:duration=2"
SINE = "-f lavfi -i sine=duration=2"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".avi", ".ts"])
@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001)])
def test_a_constant_rate_is_exact_in_every_container(make: Make, suffix: str, rate: Fraction) -> None:
    """Rate, times and duration are exact fractions, also where the container rounds them."""
    footage = probe(make(f"constant{suffix}", f"{PICTURE.format(rate)} -c:v mpeg4 -bf 2"))
    assert footage.fps == rate
    first = footage.times[0]
    assert [time - first for time in footage.times] == [index / rate for index in range(footage.count)]
    assert footage.duration == footage.count / rate
    assert footage.count == int(2 * rate) + (rate.denominator > 1)


def test_a_variable_rate_keeps_each_time(variable: Path) -> None:
    """Times of a variable rate are the file's own, and the rate is their average."""
    footage = probe(variable)
    wanted = [index for index in range(50) if index % 3 == 0 or index % 5 == 0]
    assert list(footage.times) == [Fraction(index, 25) for index in wanted]
    assert footage.fps == footage.count / footage.duration


@pytest.mark.parametrize(("turned", "upright"), [(90, 270), (180, 180), (270, 90), (0, 0)])
def test_a_turned_video_tells_its_upright_size(make: Make, turned: int, upright: int) -> None:
    """Rotation metadata turns size and pixel aspect; ffmpeg counts it the other way round."""
    lying = make("lying.mp4", f"{PICTURE.format(25)} -vf setsar=2/1 -c:v libx264")
    footage = probe(make("turned.mp4", f"-display_rotation {turned} -i {lying} -c copy"))
    assert footage.rotation == upright
    sideways = upright in {90, 270}
    assert footage.size == ((64, 96) if sideways else (96, 64))
    assert footage.pixel_aspect == (Fraction(1, 2) if sideways else 2)


def test_every_track_of_sound_is_told(make: Make) -> None:
    """Two tracks come with codec, channels, rate, and their place in time."""
    tracks = "-map 0:v -map 1:a -map 1:a -c:v libx264 -c:a:0 aac -ac:a:0 6 -c:a:1 libmp3lame -ar:a:1 44100"
    footage = probe(make("tracks.mkv", f"{PICTURE.format(25)} {SINE} {tracks}"))
    first, second = footage.audio
    assert (first.index, first.codec, first.channels, first.sample_rate) == (1, "aac", 6, 44100)
    assert (second.index, second.codec, second.channels) == (2, "mp3", 1)
    assert abs(first.start) < Fraction(1, 100)
    assert abs(first.duration - 2) < Fraction(1, 20)


def test_a_start_offset_is_kept(make: Make, with_sound: Path) -> None:
    """The first frame keeps its real time, and the sound its distance from it."""
    footage = probe(make("late.ts", f"-i {with_sound} -c copy -output_ts_offset 5"))
    assert footage.times[0] > 5
    assert abs(footage.audio[0].start - footage.times[0]) < Fraction(1, 25)


def test_frames_that_an_edit_list_hides_are_not_counted(
    make: Make, short_shots: Callable[[str], Path]
) -> None:
    """A part copied without re-encoding starts at its first shown frame, not at its keyframe."""
    source = short_shots("source.mp4")
    part = probe(make("part.mp4", f"-ss 1.02 -i {source} -c copy"))
    assert part.times[0] == 0
    assert part.count == sum(time > Fraction(102, 100) - Fraction(1, 60) for time in probe(source).times)


def test_colour_is_told_by_ffmpegs_names(make: Make) -> None:
    """Tags of the stream are read; what is not tagged is unknown."""
    tags = "-colorspace bt2020nc -color_primaries bt2020 -color_trc smpte2084 -color_range tv"
    marks = "-vf setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=smpte2084:range=tv"
    colour = probe(
        make("hdr.mkv", f"{PICTURE.format(25)} {marks} -c:v libx264 -pix_fmt yuv420p10le {tags}")
    ).colour
    assert (colour.pixel_format, colour.bits, colour.range) == ("yuv420p10le", 10, "tv")
    assert (colour.space, colour.primaries, colour.transfer) == ("bt2020nc", "bt2020", "smpte2084")
    assert colour.hdr
    plain = probe(make("plain.mp4", f"{PICTURE.format(25)} -c:v mpeg4")).colour
    assert plain.space == "unknown"
    assert not plain.hdr


def test_a_cover_picture_is_no_video(make: Make) -> None:
    """Of a song with a cover, the cover is not taken for its pictures."""
    cover = make("cover.png", f"{PICTURE.format(1)} -frames:v 1")
    song = make("song.m4a", f"{SINE} -i {cover} -map 0 -map 1 -c:v png -disposition:v attached_pic -c:a aac")
    with pytest.raises(MediaError, match="no pictures"):
        probe(song)


def _cut_off(path: Path, target: Path) -> Path:
    data = path.read_bytes()
    target.write_bytes(data[: len(data) * 6 // 10])
    return target


@pytest.mark.parametrize(
    ("name", "options"), [("end.mp4", ""), ("front.mp4", "-movflags +faststart"), ("cluster.mkv", "")]
)
def test_half_a_video_is_told(make: Make, tmp_path: Path, name: str, options: str) -> None:
    """A file that was not copied whole is refused, wherever its index lies."""
    whole = make(name, f"{PICTURE.format(25)} -c:v mpeg4 {options}")
    with pytest.raises(MediaError, match=r"not whole|no video") as caught:
        probe(_cut_off(whole, tmp_path / name))
    assert caught.value.remedy


def _missing(folder: Path) -> Path:
    return folder / "missing.mp4"


def _folder(folder: Path) -> Path:
    (folder / "folder.mp4").mkdir()
    return folder / "folder.mp4"


def _text(folder: Path) -> Path:
    (folder / "text.mp4").write_text("this is no video\n" * 50)
    return folder / "text.mp4"


def _empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


@pytest.mark.parametrize(
    ("mistake", "words"),
    [(_missing, "no such"), (_folder, "a folder"), (_text, "no video"), (_empty, "no video")],
)
def test_what_is_no_video_is_refused(tmp_path: Path, mistake: Callable[[Path], Path], words: str) -> None:
    """Each mistake has its own sentence, with the place and a remedy."""
    path = mistake(tmp_path)
    with pytest.raises(MediaError, match=words) as caught:
        probe(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    """A header alone is told apart from a file that is no video."""
    import av

    path = tmp_path / "frameless.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 48
        container.start_encoding()
    with pytest.raises(MediaError, match="no frames"):
        probe(path)
