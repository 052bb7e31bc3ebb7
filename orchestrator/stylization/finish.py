"""What becomes of a painted picture: a frame of the clip's size, journaled, and on disk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator import digest, png
from orchestrator.files import write_bytes
from orchestrator.media import pictures
from orchestrator.stylization import journal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
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
        repeats: for each frame the earlier one that it shows again, or its own: it is finished along with
            that one; none if no frame shows another again.
    """

    def __init__(
        self,
        result: FrameSequence,
        path: Path,
        missing: Collection[int],
        task: Task,
        repeats: Sequence[int] = (),
    ) -> None:
        self._result = result
        self._path = path
        self._missing = set(missing)
        self._task = task
        self._again: defaultdict[int, list[int]] = defaultdict(list)
        for index, first in enumerate(repeats):
            if first != index:
                self._again[first].append(index)
        self._last: tuple[int, NDArray[np.uint8]] | None = None

    def __contains__(self, index: int) -> bool:
        """Whether a frame of the clip is finished."""
        return index not in self._missing

    def commit(
        self, index: int, frame: NDArray[np.uint8], look: Look, told: str = "", keys: tuple[int, ...] = ()
    ) -> None:
        """Commit one frame, and those that show it again.

        Each one's line in the journal comes first, its picture in one rename after it.

        Args:
            index: of the frame.
            frame: (H, W, 3) uint8 RGB, of the clip's size.
            look: how it was painted.
            told: the engine's account of it; none for a frame that was not painted.
            keys: the painted frames that it was carried from.

        Raises:
            NotWritable, DiskFull: the disk does not take it.
        """
        entry = journal.Entry(index, look.seed, look.strength, digest.of_bytes(frame.tobytes()), told, keys)
        self._keep(entry, png.encode(frame))
        self._last = self._last if keys else (index, frame)

    def show_again(self) -> None:
        """Commit the frames that show again what an earlier run has finished. Raises as `commit`."""
        entries = journal.read(self._path)
        for index, again in self._again.items():
            if index in self and not self._missing.isdisjoint(again):
                self._keep(entries[index], self._result.path(index).read_bytes())

    def _keep(self, entry: journal.Entry, picture: bytes) -> None:
        keys = entry.keys or (entry.index,)
        again = (replace(entry, index=each, told="", keys=keys) for each in self._again[entry.index])
        for each in (entry, *again):
            if each.index in self._missing:
                journal.append(self._path, each)
                write_bytes(self._result.path(each.index), picture)
                self._missing.discard(each.index)
                self._task.advance()

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Return a finished frame; the one painted last is at hand. Raises ImageError."""
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        return pictures.read(self._result.path(index))
