"""Neighbouring frames."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """Frames `start` to `stop - 1`."""

    start: int
    stop: int

    def __contains__(self, index: object) -> bool:
        """Whether the frame of this index is one of them."""
        return isinstance(index, int) and self.start <= index < self.stop
