"""Projects for EbSynth, and what it makes of them."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orchestrator.artifacts import FrameSequence, frame_name
from orchestrator.errors import ImageError, NotWritable, OrchestrateError
from orchestrator.media import decode, pictures, shots
from orchestrator.media.clip import Clip
from orchestrator.media.probe import probe
from orchestrator.progress import Silent
from orchestrator.stylization.consistency import keyframes
from orchestrator.stylization.ebsynth import folder as files
from orchestrator.stylization.ebsynth import project_file
from orchestrator.stylization.ebsynth.blend import shares
from orchestrator.stylization.ebsynth.export import command, export
from orchestrator.stylization.ebsynth.ranges import Reach, reaches, shot
from orchestrator.stylization.ebsynth.take_back import take_back
from orchestrator.stylization.settings import ConsistencySettings

GAPS = ConsistencySettings(mode="flow", min_gap=2, max_gap=3)
Frame = NDArray[np.uint8]


def light(frame: Frame, key: int) -> Frame:
    """Return a frame in a look that differs from key to key."""
    return (frame // 2 + 9 * key).astype(np.uint8)


def told(folder: Path) -> list[tuple[int, int, int, str]]:
    """Return what `ranges.txt` tells a person: key, first, last, folder."""
    lines = (folder / "ranges.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return [(int(key), int(first), int(last), name) for key, first, last, name in rows]


def stand_in(folder: Path, *, digits: int = 6, first: int = 0) -> None:
    """Do as EbSynth does: carry what changed at each key to all frames that `ranges.txt` tells."""
    for key, start, stop, name in told(folder):
        before, after = (pictures.read(folder / each / frame_name(key)) for each in ("frames", "keys"))
        residual = int((after.astype(int) - before // 2).flat[0])
        for index in range(start, stop + 1):
            frame = pictures.read(folder / "frames" / frame_name(index))
            target = folder / name / f"{index + first:0{digits}d}.png"
            pictures.write_png(target, (frame // 2 + residual).astype(np.uint8))


@pytest.fixture
def painted(clip: Clip, tmp_path: Path) -> FrameSequence:
    """Finished frames, each in a look of its own."""
    sequence = FrameSequence(tmp_path / "painted", clip.count)
    for index, frame in enumerate(decode.frames(clip)):
        pictures.write_png(sequence.path(index), light(frame, index))
    return sequence


@pytest.fixture
def cuts(clip: Clip) -> tuple[int, ...]:
    """Where the second shot begins."""
    return shots.cuts(decode.frames(clip))


@pytest.fixture
def project(clip: Clip, painted: FrameSequence, cuts: tuple[int, ...], tmp_path: Path) -> Path:
    """A folder that EbSynth has been at."""
    folder = tmp_path / "eb"
    export(clip, painted, (), cuts, GAPS, folder, Silent())
    stand_in(folder)
    return folder


def test_a_key_reaches_to_its_neighbours_within_its_shot() -> None:
    """From the key before to the key after; a shot's ends bound it."""
    assert reaches((0, 4, 7, 9), (7,), 12) == (
        Reach(0, 0, 4), Reach(4, 0, 6), Reach(7, 7, 9), Reach(9, 7, 11)
    )  # fmt: skip
    assert [shot(index, (7,), 12) for index in (0, 6, 7)] == [range(7), range(7), range(7, 12)]


def test_what_both_neighbours_have_fades_evenly() -> None:
    """A key stands alone, and a quarter of the way the next one counts for a quarter."""
    found = reaches((0, 4, 7), (7,), 9)
    blended = [shares(index, found, shot(index, (7,), 9)) for index in range(9)]
    assert blended[:5] == [
        ((0, 1.0),), ((0, 0.75), (4, 0.25)), ((0, 0.5), (4, 0.5)), ((0, 0.25), (4, 0.75)), ((4, 1.0),)
    ]  # fmt: skip
    assert blended[5:] == [((4, 1.0),)] * 2 + [((7, 1.0),)] * 2


def test_short_reaches_fade_only_where_they_meet() -> None:
    """Ranges of one's own: alone, together over the frames that both have, alone."""
    found = (Reach(0, 0, 6), Reach(10, 4, 10))
    blended = [dict(shares(index, found, range(11))) for index in (3, 4, 5, 6, 7)]
    assert blended == [{0: 1.0}, {0: 1.0}, {0: 0.5, 10: 0.5}, {10: 1.0}, {10: 1.0}]
    assert shares(5, (Reach(0, 0, 5), Reach(10, 5, 10)), range(11)) == ((0, 0.5), (10, 0.5))
    assert shares(5, (Reach(0, 0, 4), Reach(10, 6, 10)), range(11)) == ()


def test_nothing_fades_across_a_cut() -> None:
    """Where ranges go over one, the key of the own shot counts; another only if there is none."""
    across = (Reach(0, 0, 8), Reach(8, 0, 8))
    blended = [shares(index, across, shot(index, (4,), 9)) for index in (1, 3, 4, 7)]
    assert blended == [((0, 1.0),), ((0, 1.0),), ((8, 1.0),), ((8, 1.0),)]
    assert shares(5, across, shot(5, (4, 6), 9)) == ((0, 1.0),)


def test_the_folder_holds_what_ebsynth_works_on(
    project: Path, clip: Clip, painted: FrameSequence, cuts: tuple[int, ...]
) -> None:
    """All frames as they are, the finished keys under the same numbers, and how far each reaches."""
    for index, frame in enumerate(decode.frames(clip)):
        assert np.array_equal(pictures.read(project / "frames" / frame_name(index)), frame)
    keys = list(keyframes.chosen(decode.frames(clip), cuts, GAPS))
    assert sorted(path.name for path in (project / "keys").iterdir()) == [frame_name(key) for key in keys]
    for key in keys:
        assert (project / "keys" / frame_name(key)).read_bytes() == painted.path(key).read_bytes()
    assert [each[:3] for each in told(project)] == [tuple(each) for each in reaches(keys, cuts, clip.count)]
    assert cuts[0] in keys
    assert len(keys) < clip.count


def test_ebsynth_and_back(project: Path, clip: Clip, cuts: tuple[int, ...], tmp_path: Path) -> None:
    """Each frame is the mean of its keys' looks by its place between them; a cut stays sharp."""
    result = take_back(files.read(project), clip, tmp_path / "result", Silent())
    keys = [key for key, *_ in told(project)]
    for index, frame in enumerate(decode.frames(clip)):
        frames = shot(index, cuts, clip.count)
        before = max(key for key in keys if key <= index and key in frames)
        after = min((key for key in keys if key >= index and key in frames), default=before)
        place = (index - before) / max(after - before, 1)
        expected = frame // 2 + 9 * (before + place * (after - before))
        assert np.abs(pictures.read(result.path(index)) - expected).max() <= 0.5
    assert result.count == clip.count


@pytest.mark.parametrize(("digits", "first"), [(5, 1), (3, 0), (1, 1)])
def test_folders_of_other_programs_are_read(
    project: Path, clip: Clip, tmp_path: Path, digits: int, first: int
) -> None:
    """Numbers of any width, from 0 or 1, behind another name, with neither frames nor keys beside."""
    expected = take_back(files.read(project), clip, tmp_path / "expected", Silent())
    other = tmp_path / "other"
    for key, start, stop, name in told(project):
        folder = other / f"out-{key + first:0{digits}d}"
        folder.mkdir(parents=True)
        for index in range(start, stop + 1):
            shutil.copy(project / name / frame_name(index), folder / f"v2_{index + first:0{digits}d}.PNG")
    result = take_back(files.read(other), clip, tmp_path / "result", Silent())
    for index in range(clip.count):
        assert np.array_equal(pictures.read(result.path(index)), pictures.read(expected.path(index)))


def test_outside_of_masks_the_source_stays(
    clip: Clip, painted: FrameSequence, cuts: tuple[int, ...], tmp_path: Path
) -> None:
    """Whatever any region touches is EbSynth's, and every other pixel is the source's own."""
    regions = [FrameSequence(tmp_path / name, clip.count) for name in ("left", "top")]
    soft = np.zeros((clip.size[1], clip.size[0]), np.uint8)
    for index in range(clip.count):
        left, top = soft.copy(), soft.copy()
        left[:, :20], top[:10, 30] = 3, 255
        for region, mask in zip(regions, (left, top), strict=True):
            pictures.write_png(region.path(index), mask)
    folder = tmp_path / "eb"
    export(clip, painted, regions, cuts, GAPS, folder, Silent())
    stand_in(folder)
    assert b"masks/[######].png" in (folder / "ebsynth_1.ebs").read_bytes()
    result = take_back(files.read(folder), clip, tmp_path / "result", Silent())
    inside = np.zeros_like(soft, bool)
    inside[:, :20], inside[:10, 30] = True, True
    for index, frame in enumerate(decode.frames(clip)):
        found = pictures.read(result.path(index))
        assert np.array_equal(found[~inside], frame[~inside])
        assert not np.array_equal(found[inside], frame[inside])


def test_a_project_file_byte_by_byte() -> None:
    """Head, paths, mask, six weights, each key's range, and a tail with the frame rate."""
    paths = project_file.Paths("frames/[######].png", "keys/[######].png")
    data = project_file.encode(paths, [(Reach(7, 5, 9), "out_000007/[######].png")], 29.97)
    assert data == b"".join(
        (
            b"EBS05\0", b"\x13\0\0\0frames/[######].png", b"\0\0\0\0", b"\x11\0\0\0keys/[######].png",
            b"\0", struct.pack("<6f", 1, 4, 1, 10, 1, 3500),
            b"\1\0\0\0", b"\7\0\0\0\1\1\5\0\0\0\x09\0\0\0", b"\x17\0\0\0out_000007/[######].png",
            b"V02\0\2\0\0\0\1", struct.pack("<f", 29.97), b"\xc0\2\0\0",
        )
    )  # fmt: skip


def test_many_keys_are_divided_among_project_files(bikes: Path, tmp_path: Path) -> None:
    """Sixteen keys, one for each of as many shots, are fifteen and one; together they miss none."""
    clip = Clip(probe(bikes), 100, 116)
    painted = FrameSequence(tmp_path / "painted", clip.count)
    for index in range(clip.count):
        pictures.write_png(painted.path(index), np.zeros((4, 4, 3), np.uint8))
    found = export(clip, painted, (), range(1, 16), GAPS, tmp_path / "eb", Silent())
    assert [tuple(each) for each in found] == [(index, index, index) for index in range(16)]
    contents = [path.read_bytes() for path in sorted((tmp_path / "eb").glob("*.ebs"))]
    assert [content.count(b"out_") for content in contents] == [15, 1]
    assert b"out_000015/" in contents[1]


def test_the_command_that_takes_it_back_names_the_clip(clip: Clip) -> None:
    """Where the clip is a part of the video, the times stand there, and give the same frames."""
    assert command(clip, Path("eb")).split()[:4] == ["orchestrate", "ebsynth", "import", "eb"]
    assert "--start" not in command(clip, Path("eb"))
    part = command(Clip(clip.footage, 3, 8), Path("eb")).split()
    assert part[-4::2] == ["--start", "--end"]


def test_a_used_folder_is_not_written_into(
    project: Path, clip: Clip, painted: FrameSequence, cuts: tuple[int, ...]
) -> None:
    """What EbSynth made there stays."""
    with pytest.raises(NotWritable, match="already"):
        export(clip, painted, (), cuts, GAPS, project, Silent())


def refusal(project: Path, clip: Clip, to: Path) -> str:
    with pytest.raises(OrchestrateError) as caught:
        take_back(files.read(project), clip, to, Silent())
    assert isinstance(caught.value, ImageError)
    assert not to.exists()
    return str(caught.value)


def test_what_is_missing_is_named(project: Path, clip: Clip, tmp_path: Path) -> None:
    """A hole in an output with its folder; frames that no output has; none at all; and nothing is written."""
    to = tmp_path / "result"
    key, first, _, name = max(told(project), key=lambda each: each[2] - each[1])
    (project / name / frame_name(first + 1)).unlink()
    said = refusal(project, clip, to)
    assert name in said
    assert f"missing here: {first + 1}" in said
    shutil.rmtree(project / name)
    assert f"keys have no output: {key}" in refusal(project, clip, to)
    shutil.rmtree(project / "keys")
    for *_, each in told(project)[1:]:
        shutil.rmtree(project / each, ignore_errors=True)
    last = told(project)[0][2]
    assert f"counted from 0: {last + 1} to 11" in refusal(project, clip, to)
    shutil.rmtree(project / told(project)[0][3])
    assert "no folder out_" in refusal(project, clip, to)
    assert "no folder out_" in refusal(project / "nowhere", clip, to)


def test_what_does_not_fit_is_named(project: Path, clip: Clip, tmp_path: Path) -> None:
    """Another clip than theirs, a picture of another size, one that is none, and a mask that is not there."""
    to = tmp_path / "result"
    assert "12 frames, and the source has 9" in refusal(project, Clip(clip.footage, 0, 9), to)
    odd = project / told(project)[0][3] / frame_name(1)
    pictures.write_png(odd, np.zeros((6, 8, 3), np.uint8))
    assert f"8x6, and the first is {clip.size[0]}x{clip.size[1]}" in refusal(project, clip, to)
    odd.write_bytes(b"no picture")
    assert odd.name in refusal(project, clip, to)
    pictures.write_png(project / "masks" / frame_name(0), np.zeros((6, 8), np.uint8))
    assert "have no mask, counted from 0: 1 to 11" in refusal(project, clip, to)


def test_numbers_are_told_in_runs() -> None:
    """As people write them."""
    assert files.named([3, 7, 8, 9, 11]) == "3, 7 to 9, 11"
