"""What EbSynth made, blended into one sequence of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.artifacts import FrameSequence
from orchestrator.errors import ImageError
from orchestrator.media import decode, pictures, shots
from orchestrator.media.crossfade import crossfaded
from orchestrator.progress import counted
from orchestrator.stylization.ebsynth import folder as files
from orchestrator.stylization.ebsynth.blend import shares
from orchestrator.stylization.ebsynth.ranges import shot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.stylization.ebsynth.blend import Share
    from orchestrator.stylization.ebsynth.folder import Made

_WHITE = 128  # and what is brighter


def take_back(made: Made, clip: Clip, to: Path, progress: Progress) -> FrameSequence:
    """Write the frames that EbSynth's outputs are blended to; where masks are black, the source's pixels.

    All files are looked at before the first frame is written.

    Args:
        made: the outputs.
        clip: the source that they were made of.
        to: the folder to write to.
        progress: told of each frame.

    Raises:
        MediaError: the source cannot be decoded.
        ImageError: frames of the source are missing, there are more than it has, or a picture cannot be read
            or has another size.
        NotWritable, DiskFull: the disk does not take it.
    """
    _check_count(made, clip)
    with progress.task("finding shots", total=clip.count, unit="frames") as task:
        cuts = shots.cuts(counted(decode.frames(clip), task))
    plan = planned(made, cuts, clip.count)
    size = _size(made, plan)
    frames = _blended(made, plan)
    if made.masks:
        frames = _within(frames, made, clip, size)
    result = FrameSequence(to, clip.count)
    with progress.task("blending", total=clip.count, unit="frames") as task:
        for index, frame in enumerate(counted(frames, task)):
            pictures.write_png(result.path(index), frame)
    return result


def planned(made: Made, cuts: Sequence[int], count: int) -> tuple[tuple[Share, ...], ...]:
    """Return for each frame of the source the keys whose versions are shown, with their weights.

    Raises:
        ImageError: some frames are in no output, or have no mask.
    """
    reaches = made.reaches
    plan = tuple(shares(index, reaches, shot(index, cuts, count)) for index in range(count))
    _check_none([index for index, each in enumerate(plan) if not each], "no output has these frames")
    if made.masks:
        _check_none([index for index in range(count) if index not in made.masks], "these frames have no mask")
    return plan


def _check_none(lacking: Sequence[int], what: str) -> None:
    if lacking:
        raise ImageError(
            f"{what}, counted from 0: {files.named(lacking)}",
            remedy="Have EbSynth make them; each key reaches from the key before it to the one after.",
        )


def _check_count(made: Made, clip: Clip) -> None:
    beyond = max(reach.last for reach in made.reaches) + 1
    if beyond > clip.count:
        raise ImageError(
            f"the outputs go on for {beyond} frames, and the source has {clip.count}",
            where=str(clip.footage.path),
            remedy="Name the very video that they were made of, and where the clip begins and ends.",
        )


def _size(made: Made, plan: Sequence[Sequence[Share]]) -> tuple[int, int]:
    """Return the one size, (width, height), that all pictures have."""
    paths = [made.picture(key, index) for index, each in enumerate(plan) for key, _ in each]
    size = pictures.size(paths[0])
    for path in paths:
        if (other := pictures.size(path)) != size:
            raise ImageError(
                f"this picture is {other[0]}x{other[1]}, and the first is {size[0]}x{size[1]}",
                where=str(path),
                remedy="Have EbSynth make all of one size: keys and frames must have the same.",
            )
    return size


def _blended(made: Made, plan: Sequence[Sequence[Share]]) -> Iterator[NDArray[np.uint8]]:
    for index, each in enumerate(plan):
        yield crossfaded([(pictures.read(made.picture(key, index)), weight) for key, weight in each])


def _within(
    frames: Iterator[NDArray[np.uint8]], made: Made, clip: Clip, size: tuple[int, int]
) -> Iterator[NDArray[np.uint8]]:
    """Yield frames with the source's pixels wherever masks are dark."""
    sources = decode.frames(clip, size=size)
    for index, (frame, source) in enumerate(zip(frames, sources, strict=True)):
        mask = pictures.resize(pictures.read(made.masks[index]), size)
        yield np.where(mask >= _WHITE, frame, source)
