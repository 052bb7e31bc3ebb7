"""A folder of restyled frames without its flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.errors import ImageError, MediaError
from orchestrator.media import decode, pictures, shots
from orchestrator.progress import counted
from orchestrator.stylization.consistency.deflicker import deflickered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress


def deflicker(restyled: Sequence[Path], clip: Clip, to: Path, reach: int, progress: Progress) -> None:
    """Write restyled frames without their flicker, each under its own name.

    Args:
        restyled: the frames' pictures in order, of one size; they stay as they are.
        clip: the source that they were made of.
        to: the folder to write PNGs to; another than theirs.
        reach: how many frames before and after count.
        progress: told of each frame.

    Raises:
        MediaError: the clip has another number of frames, or cannot be decoded.
        ImageError: a picture cannot be read or has another size, or would be overwritten.
        NotWritable, DiskFull: the disk does not take it.
    """
    if len(restyled) != clip.count:
        raise MediaError(
            f"there are {len(restyled)} restyled frames, and the source has {clip.count}",
            where=str(clip.footage.path),
            remedy="Name the very video that they were made of.",
        )
    if to.resolve() in {path.parent.resolve() for path in restyled}:
        raise ImageError(
            "the restyled frames would be overwritten", where=str(to), remedy="Name another folder."
        )
    size = pictures.read(restyled[0]).shape[1::-1]
    with progress.task("finding shots", total=clip.count, unit="frames") as task:
        cuts = shots.cuts(counted(decode.frames(clip), task))
    pairs = zip(decode.frames(clip, size=size), _of_size(restyled, size), strict=True)
    with progress.task("taking flicker out", total=clip.count, unit="frames") as task:
        for path, frame in zip(restyled, counted(deflickered(pairs, cuts, reach=reach), task), strict=True):
            pictures.write_png(to / f"{path.stem}.png", frame)


def _of_size(paths: Sequence[Path], size: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    for path in paths:
        picture = pictures.read(path)
        if picture.shape[1::-1] != size:
            raise ImageError(f"this frame is not {size[0]}x{size[1]}, as the first one is", where=str(path))
        yield picture
