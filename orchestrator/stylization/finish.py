"""What becomes of a painted picture: a frame of the clip's size, journaled, and on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator import digest
from orchestrator.media import pictures
from orchestrator.stylization import journal

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.artifacts import FrameSequence
    from orchestrator.progress import Task
    from orchestrator.stylization.engine import Look


class Finished:
    """The finished frames.

    Args:
        result: where they lie.
        path: the journal.
        missing: indices of those that are not finished yet.
        task: is told of each.
    """

    def __init__(self, result: FrameSequence, path: Path, missing: Collection[int], task: Task) -> None:
        self._result = result
        self._path = path
        self._missing = set(missing)
        self._task = task
        self._last: tuple[int, NDArray[np.uint8]] | None = None

    def __contains__(self, index: int) -> bool:
        """Whether a frame of the clip is finished."""
        return index not in self._missing

    def commit(
        self, index: int, frame: NDArray[np.uint8], look: Look, told: str = "", keys: tuple[int, ...] = ()
    ) -> None:
        """Commit one frame: its line in the journal first, its picture in one rename after it.

        Args:
            index: of the frame.
            frame: (H, W, 3) uint8 RGB, of the clip's size.
            look: how it was painted.
            told: the engine's account of it; none for a frame that was not painted.
            keys: the painted frames that it was carried from.

        Raises:
            NotWritable, DiskFull: the disk does not take it.
        """
        pixels = digest.of_bytes(frame.tobytes())
        journal.append(self._path, journal.Entry(index, look.seed, look.strength, pixels, told, keys))
        pictures.write_png(self._result.path(index), frame)
        self._missing.discard(index)
        self._last = self._last if keys else (index, frame)
        self._task.advance()

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Return a finished frame; the one painted last is at hand. Raises ImageError."""
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        return pictures.read(self._result.path(index))
