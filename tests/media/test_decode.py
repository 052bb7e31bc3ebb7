from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from orchestrator.errors import MediaError
from orchestrator.media.clip import Clip, cut
from orchestrator.media.decode import frames, one
from orchestrator.media.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[str, str], Path]

PICTURE = "-f lavfi -i testsrc2=size=96x64:rate=30000/1001:duration=2"


def _whole(path: Path) -> Clip:
    return cut(probe(path), None, None)


def _bytes(clip: Clip, start: int = 0) -> list[bytes]:
    return [frame.tobytes() for frame in frames(clip, start=start)]


ENCODERS = {
    "open_gop.mp4": "libx264 -g 12 -bf 3 -x264-params open-gop=1",
    "open_gop.mkv": "libx264 -g 12 -bf 3 -x264-params open-gop=1",
    "refresh.mp4": "libx264 -g 12 -intra-refresh 1",
    "coarse_clock.avi": "mpeg4 -g 12 -bf 2",
    "stream.ts": "mpeg2video -g 12 -bf 2",
    "ten_bit.mkv": "libx265 -g 12 -pix_fmt yuv420p10le -x265-params log-level=none",
}


@pytest.mark.parametrize(("name", "encoder"), ENCODERS.items())
def test_a_frame_has_the_same_bytes_wherever_decoding_starts(make: Make, name: str, encoder: str) -> None:
    """Seeking skips to the exact frame, whatever the container and its keyframes."""
    clip = _whole(make(name, f"{PICTURE} -c:v {encoder}"))
    everything = _bytes(clip)
    assert len(everything) == clip.count == len(set(everything))
    for start in (1, 11, 12, 37, 59):
        assert _bytes(clip, start) == everything[start:]
    assert _bytes(clip, clip.count) == []
    assert one(clip, 47).tobytes() == everything[47]


def test_a_clip_is_a_part_of_the_whole(make: Make) -> None:
    """A clip's frames are the whole video's of that time."""
    footage = probe(make("open_gop.mp4", f"{PICTURE} -c:v {ENCODERS['open_gop.mp4']}"))
    part = cut(footage, Fraction(1), Fraction(3, 2))
    assert _bytes(part) == _bytes(cut(footage, None, None))[part.start : part.stop]
    assert _bytes(part, 4) == _bytes(part)[4:]


def test_a_variable_rate_gives_each_frame_once(variable: Path) -> None:
    """No frame is doubled or dropped to even the rate out."""
    clip = _whole(variable)
    everything = _bytes(clip)
    assert len(set(everything)) == 23
    assert _bytes(clip, 9) == everything[9:]


def test_a_turned_video_comes_upright(make: Make) -> None:
    """What the metadata turns is turned in the pixels."""
    lying = make("lossless.mkv", f"{PICTURE} -c:v ffv1 -pix_fmt bgr0 -frames:v 2")
    still = make("still.mp4", f"-i {lying} -c:v libx264 -qp 0 -pix_fmt yuv444p")
    turned = make("turned.mp4", f"-display_rotation 90 -i {still} -c copy")
    assert np.array_equal(one(_whole(turned), 0), np.rot90(one(_whole(still), 0)))


def test_odd_sizes_and_scaling(make: Make) -> None:
    """Frames come at the clip's own size, odd or not, or at the size that is asked for."""
    clip = _whole(make("odd.mkv", f"{PICTURE} -vf scale=97:63,format=bgr0 -frames:v 3 -c:v ffv1"))
    assert one(clip, 0).shape == (63, 97, 3)
    assert one(clip, 0, size=(32, 21)).shape == (21, 32, 3)


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc"])
@pytest.mark.parametrize("levels", ["tv", "pc"])
def test_colours_are_converted_as_tagged(make: Make, matrix: str, levels: str) -> None:
    """A plain colour comes back within rounding, from every matrix and range."""
    plain = "-f lavfi -i color=0xC83214:size=64x64:rate=25:duration=0.1,format=gbrp"
    convert = f"-vf scale=out_color_matrix={matrix.removesuffix('nc')}:out_range={levels},format=yuv444p"
    tags = f"setparams=colorspace={matrix}:range={levels}"
    clip = _whole(make(f"{matrix}_{levels}.mkv", f"{plain} {convert},{tags} -c:v ffv1"))
    assert clip.footage.colour.space == matrix
    assert np.abs(one(clip, 0).reshape(-1, 3).astype(int) - (0xC8, 0x32, 0x14)).max() <= 2


@pytest.mark.parametrize(("size", "matrix"), [("640x360", "bt601"), ("1280x720", "bt709")])
def test_untagged_video_is_read_by_its_size(make: Make, size: str, matrix: str) -> None:
    """Without a tag, small pictures are taken for BT.601 and large ones for BT.709."""
    plain = f"-f lavfi -i color=0xC83214:size={size}:rate=25:duration=0.04,format=gbrp"
    convert = f"-vf scale=out_color_matrix={matrix}:out_range=tv,format=yuv444p,setparams=colorspace=unknown"
    clip = _whole(make(f"untagged_{matrix}.mkv", f"{plain} {convert} -c:v ffv1"))
    assert clip.footage.colour.space == "unknown"
    assert np.abs(one(clip, 0).reshape(-1, 3).astype(int) - (0xC8, 0x32, 0x14)).max() <= 2


def _children() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "ffmpeg" in each.name()]


def test_leaving_early_ends_ffmpeg(make: Make) -> None:
    """Closing the frames after a few of them leaves no process behind."""
    clip = _whole(make("long.mkv", "-f lavfi -i testsrc2=size=320x180:rate=25:duration=8 -c:v mpeg4"))
    with closing(frames(clip)) as stream:
        next(stream)
        assert _children()
    assert not _children()


def test_memory_does_not_grow_with_length(make: Make) -> None:
    """500 frames of 0.5 MB each are decoded within 25 MB."""
    clip = _whole(make("many.mkv", "-f lavfi -i color=size=480x320:rate=25:duration=20 -c:v mpeg4"))
    before = psutil.Process().memory_info().rss
    peak, seen = before, 0
    for frame in frames(clip):
        seen += frame.shape[0] == 320
        peak = max(peak, psutil.Process().memory_info().rss)
    assert seen == 500
    assert peak - before < 25e6


def test_frames_that_do_not_come_are_counted(make: Make, tmp_path: Path) -> None:
    """A file that loses its end after it was looked at is told with how many frames came."""
    whole = make("shrinking.mkv", f"{PICTURE} -c:v mpeg4 -g 1")
    path = tmp_path / "shrinking.mkv"
    path.write_bytes(whole.read_bytes())
    clip = _whole(path)
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(MediaError, match=r"only \d\d of 60 frames"):
        list(frames(clip))
    path.unlink()
    with pytest.raises(MediaError, match=r"only 0 of 60 frames.*No such file"):
        list(frames(clip))


def test_decoding_works_beside_other_threads(make: Make) -> None:
    """Two streams at once, each in its thread, give what each gives alone."""
    clip = _whole(make("open_gop.mp4", f"{PICTURE} -c:v {ENCODERS['open_gop.mp4']}"))
    alone, together = _bytes(clip), [list[bytes](), list[bytes]()]
    threads = [threading.Thread(target=lambda into=into: into.extend(_bytes(clip))) for into in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [alone, alone]


def test_a_broken_ffmpeg_on_the_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system ffmpeg that cannot do what we ask gives way to the carried one."""
    from orchestrator.media import binary

    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = binary.ffmpeg.__wrapped__()
    assert found != str(fake)
    assert subprocess.run([found, "-version"], capture_output=True, check=False).returncode == 0


UNDISTURBED = """
import signal, sys
from pathlib import Path
from orchestrator.media.clip import cut
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe
signal.signal(signal.SIGINT, signal.SIG_IGN)
stream = frames(cut(probe(Path(sys.argv[1])), None, None))
next(stream)
print("begun", flush=True)
sys.stdin.readline()
print(1 + sum(1 for _ in stream))
"""


def test_ctrl_c_at_the_terminal_reaches_ffmpeg_only_through_us(bikes: Path) -> None:
    """Else an ffmpeg that ended first would be taken for a damaged video."""
    command = (sys.executable, "-c", UNDISTURBED, str(bikes))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, start_new_session=True) as decoding:
        assert decoding.stdout is not None
        assert decoding.stdout.readline() == "begun\n"
        os.killpg(decoding.pid, signal.SIGINT)
        out, _ = decoding.communicate("go\n", timeout=60)
    assert out == "250\n"
