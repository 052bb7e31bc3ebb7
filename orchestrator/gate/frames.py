"""The frames of a suite, as both LoRAs get them."""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from orchestrator.errors import MediaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.gate.suite import ClipSettings, Suite

    Frame = NDArray[np.uint8]


def frames_of(suite: Suite[Any], name: str) -> tuple[Frame, ...]:
    """Return the frames of one of a suite's clips or pictures, (H, W, 3) uint8 RGB, at the suite's size.

    Raises:
        MediaError: a video cannot be read, or ends before its clip.
        ImageError: a picture cannot be read.
    """
    from orchestrator.media.pictures import read

    size = suite.paint.size
    if name in suite.pictures:
        return (filling(read(suite.pictures[name]), size),)
    return tuple(filling(frame, size) for frame in _decoded(suite.clips[name]))


def filling(frame: Frame, size: tuple[int, int]) -> Frame:
    """Return a frame scaled to fill (width, height) `size` by Lanczos's filter, cut at the middle."""
    if frame.shape[1::-1] == size:
        return frame
    return np.asarray(ImageOps.fit(Image.fromarray(frame), size, Image.Resampling.LANCZOS))


def _decoded(settings: ClipSettings) -> list[Frame]:
    from orchestrator.media.clip import Clip
    from orchestrator.media.decode import frames
    from orchestrator.media.probe import probe

    footage = probe(settings.video)
    if settings.stop > footage.count:
        raise MediaError(
            f"the clip reaches to frame {settings.stop - 1}, and the video has {footage.count} frames",
            where=str(settings.video),
            remedy="Take fewer frames, or begin earlier.",
        )
    with closing(frames(Clip(footage, settings.start, settings.stop))) as stream:
        return list(islice(stream, None, None, settings.every))
