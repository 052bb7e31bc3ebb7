"""What becomes of a painted picture: a frame of the clip's size, steady, journaled, and on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator import digest
from orchestrator.media import pictures
from orchestrator.stylization import journal
from orchestrator.stylization.consistency import steadied

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.artifacts import FrameSequence
    from orchestrator.stylization.engine import Look, Painted
    from orchestrator.stylization.steps import Step


class Finisher:
    """Finishes frames in the order of time; remembers the last one, to carry its style over.

    Args:
        result: where finished frames lie.
        path: the journal.
        look: how they are painted.
        blend: how much of the style is carried over, 0 to 1.
    """

    def __init__(self, result: FrameSequence, path: Path, look: Look, blend: float) -> None:
        self._result = result
        self._path = path
        self._look = look
        self._blend = blend
        self._last: tuple[int, NDArray[np.uint8]] | None = None

    def finish(self, step: Step, painted: Painted) -> None:
        """Commit one frame: its line in the journal first, its picture in one rename after it.

        Raises:
            NotWritable, DiskFull: the disk does not take it.
        """
        height, width = step.frame.shape[:2]
        frame = pictures.resize(painted.picture, (width, height))
        if step.moved is not None:
            frame = steadied(frame, step.frame, self.before(step.index), step.moved, self._blend)
        pixels = digest.of_bytes(frame.tobytes())
        entry = journal.Entry(step.index, self._look.seed, self._look.strength, pixels, painted.told)
        journal.append(self._path, entry)
        pictures.write_png(self._result.path(step.index), frame)
        self._last = step.index, frame

    def before(self, index: int) -> NDArray[np.uint8]:
        """Return the finished frame before this one, which must be finished. Raises ImageError."""
        if self._last is not None and self._last[0] == index - 1:
            return self._last[1]
        return pictures.read(self._result.path(index - 1))
