"""Pictures in a row, whether they are a video's frames, a folder's files or a single picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})  # a GIF is a video
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Filmstrip:
    """Pictures in a row.

    Attributes:
        path: where they come from.
        count: how many there are.
        pictures: their files, in order; empty for a video.
    """

    path: Path
    count: int
    pictures: tuple[Path, ...] = ()

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Yield them one by one, (H, W, 3) uint8 RGB. Raises MediaError, ImageError: one cannot be read."""
        from orchestrator.media.clip import cut
        from orchestrator.media.decode import frames
        from orchestrator.media.pictures import read
        from orchestrator.media.probe import probe

        return map(read, self.pictures) if self.pictures else frames(cut(probe(self.path), None, None))


def filmstrip(path: Path) -> Filmstrip:
    """Open a video, a folder of pictures or a picture.

    A folder's pictures come in the order of their names, numbers in them by their value.

    Raises:
        ImageError: the folder holds no picture.
        MediaError: there is no such file, or it is neither a picture nor a video.
    """
    from orchestrator.media.probe import probe

    if path.is_dir():
        found = sorted((each for each in path.iterdir() if _is_picture(each)), key=_natural)
        if not found:
            raise ImageError("this folder holds no pictures", where=str(path), remedy="Name another folder.")
        return Filmstrip(path, len(found), tuple(found))
    return Filmstrip(path, 1, (path,)) if _is_picture(path) else Filmstrip(path, probe(path).count)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return a key that sorts `frame2` before `frame10`."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in _NUMBER.split(path.name)]
