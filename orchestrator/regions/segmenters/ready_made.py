"""Masks that the user brings along."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.errors import MediaError
from orchestrator.media import decode, pictures
from orchestrator.media.clip import Clip
from orchestrator.media.probe import probe
from orchestrator.regions.network_input import resized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter
    from orchestrator.regions.settings import MaskFolder, MaskVideo

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
_SHOWN = 3  # names in a message


def mask_video(where: MaskVideo, scene: Scene, /) -> Segmenter:
    """Take masks from a video with as many frames as the clip, or as the whole video that it is cut from.

    Raises:
        MediaError: it has another number of frames.
    """
    footage = probe(where.video)
    count = scene.timeline.count
    starts = {scene.whole: scene.first, count: 0}
    if footage.count not in starts:
        raise MediaError(
            f"this mask video has {footage.count} frames, and the clip {count} of the video's {scene.whole}",
            where=str(where.video),
            remedy="Make one with as many frames as the clip or as the whole video.",
        )
    first = starts[footage.count]
    return lambda frames: _decoded(Clip(footage, first, first + count), frames)


def mask_folder(where: MaskFolder, scene: Scene, /) -> Segmenter:
    """Take masks from pictures with the frames' names; names that are numbers may have other zeros in front.

    Raises:
        MediaError: a frame has none, or two.
    """
    files = _by_name(where.masks)
    missing = [name for name in scene.names if _bare(name) not in files]
    if missing:
        raise MediaError(
            f"{len(missing)} of {len(scene.names)} frames have no mask: {', '.join(missing[:_SHOWN])}…",
            where=str(where.masks),
            remedy=f"Name masks as frames are: {scene.names[0]}.png and so on.",
        )
    ordered = [files[_bare(name)] for name in scene.names]
    return lambda frames: (
        _fitted(pictures.read(path), frame) for path, frame in zip(ordered, frames, strict=True)
    )


def _decoded(clip: Clip, frames: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
    with closing(decode.frames(clip)) as masks:
        for mask, frame in zip(masks, frames, strict=True):
            yield _fitted(mask, frame)


def _fitted(mask: NDArray[np.uint8], frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    import cv2

    luma = cv2.cvtColor(mask, cv2.COLOR_RGB2GRAY)
    share: NDArray[np.float32] = resized(luma, (frame.shape[1], frame.shape[0])).astype(np.float32)
    share /= 255
    return share


def _by_name(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise MediaError("there is no such folder of masks", where=str(folder), remedy="Check the path.")
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _SUFFIXES:
            twin = files.setdefault(_bare(path.stem), path)
            if twin is not path:
                raise MediaError(
                    f"{twin.name} and {path.name} are masks of one frame",
                    where=str(folder),
                    remedy="Remove one.",
                )
    return files


def _bare(name: str) -> str:
    return str(int(name)) if name.isdecimal() else name
