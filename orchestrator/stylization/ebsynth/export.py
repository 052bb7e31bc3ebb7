"""A project for EbSynth: the source's frames, the painted ones among them, and what belongs to which."""

from __future__ import annotations

import shlex
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.artifacts import frame_name
from orchestrator.errors import NotWritable
from orchestrator.files import write_bytes
from orchestrator.media import decode, pictures
from orchestrator.progress import counted
from orchestrator.stylization.consistency import keyframes
from orchestrator.stylization.ebsynth import project_file
from orchestrator.stylization.ebsynth.folder import FRAMES, KEYS, MASKS
from orchestrator.stylization.ebsynth.ranges import reaches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.artifacts import FrameSequence
    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.stylization.ebsynth.ranges import Reach
    from orchestrator.stylization.settings import ConsistencySettings

_OUTPUT, _TOLD = "out_", "ranges.txt"
_NUMBERED = "[######].png"
_KEYS_A_FILE = 15  # EbSynth takes only so many at once; ebsynth_utility divides by the same number
_WHITE = 255
_MICRO = 10**6
_TEXT = """\
# Open each .ebs file with EbSynth and press "Run All"; or enter by hand what stands below.
# Then: {command}
#
# key     first   last    folder
{lines}
"""


def export(
    clip: Clip,
    painted: FrameSequence,
    masks: Sequence[FrameSequence],
    cuts: Sequence[int],
    consistency: ConsistencySettings,
    folder: Path,
    progress: Progress,
) -> tuple[Reach, ...]:
    """Write a project for EbSynth, and return which keys it has and how far each reaches.

    The keys are the frames that `mode: keyframes` paints, whatever made the painted ones.

    Args:
        clip: the source.
        painted: its restyled frames.
        masks: of regions; whatever one of them touches is EbSynth's to paint. Everything if there are none.
        cuts: frames that begin a new shot, ascending.
        consistency: how keys are chosen.
        folder: a new or empty one.
        progress: told of each frame.

    Raises:
        NotWritable: something is in the folder already.
        MediaError, ImageError: the source or a painted frame cannot be read.
        DiskFull: the disk does not take it.
    """
    refuse_used(folder)
    with progress.task("writing frames, choosing keyframes", total=clip.count, unit="frames") as task:
        frames = counted(_written(clip, folder / FRAMES), task)
        found = reaches(tuple(keyframes.chosen(frames, cuts, consistency)), cuts, clip.count)
    for reach in found:
        name = frame_name(reach.key)
        write_bytes(folder / KEYS / name, painted.path(reach.key).read_bytes())
    if masks:
        _write_masks(masks, clip.count, folder / MASKS)
    for number, data in enumerate(_project_files(found, float(clip.fps), masked=bool(masks)), start=1):
        write_bytes(folder / f"ebsynth_{number}.ebs", data)
    write_bytes(folder / _TOLD, _told(found, clip, folder).encode())
    return found


def command(clip: Clip, folder: Path) -> str:
    """Return the command that takes back what EbSynth makes of a folder."""
    ends = {"--start": clip.start, "--end": clip.stop}
    clipped = [text for name, index in ends.items() for text in _at(name, index, clip.footage.times)]
    return shlex.join(["orchestrate", "ebsynth", "import", str(folder), str(clip.footage.path), *clipped])


def refuse_used(folder: Path) -> None:
    """Raise NotWritable unless a folder is new or empty."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise NotWritable(
            "something is there already, and nothing of it is overwritten",
            where=str(folder),
            remedy="Name a new folder with --to.",
        )


def _at(name: str, index: int, times: Sequence[Fraction]) -> list[str]:
    """Return an option with the time of a frame, unless the video begins or ends there."""
    if index in {0, len(times)}:
        return []
    # rounded down, so that the frame itself is not before it
    return [name, f"{floor((times[index] - times[0]) * _MICRO) / _MICRO:.6f}"]


def _written(clip: Clip, folder: Path) -> Iterator[NDArray[np.uint8]]:
    for index, frame in enumerate(decode.frames(clip)):
        pictures.write_png(folder / frame_name(index), frame)
        yield frame


def _write_masks(masks: Sequence[FrameSequence], count: int, folder: Path) -> None:
    for index in range(count):
        touched = np.any([pictures.read(mask.path(index))[..., 0] for mask in masks], axis=0)
        pictures.write_png(folder / frame_name(index), touched.astype(np.uint8) * np.uint8(_WHITE))


def _project_files(found: Sequence[Reach], fps: float, *, masked: bool) -> Iterator[bytes]:
    paths = (f"{folder}/{_NUMBERED}" for folder in (FRAMES, KEYS, *([MASKS] if masked else [])))
    project = project_file.Paths(*paths)
    outputs = [(reach, f"{_output(reach)}/{_NUMBERED}") for reach in found]
    for begin in range(0, len(outputs), _KEYS_A_FILE):
        yield project_file.encode(project, outputs[begin : begin + _KEYS_A_FILE], fps)


def _told(found: Sequence[Reach], clip: Clip, folder: Path) -> str:
    lines = (f"{each.key:06d}  {each.first:06d}  {each.last:06d}  {_output(each)}" for each in found)
    return _TEXT.format(command=command(clip, folder), lines="\n".join(lines))


def _output(reach: Reach) -> str:
    return f"{_OUTPUT}{reach.key:06d}"
