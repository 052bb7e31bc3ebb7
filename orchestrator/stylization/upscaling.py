"""Frames painted small, and brought back to their size by an upscaler of the WebUIs."""

from __future__ import annotations

from collections import deque
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from orchestrator.media import pictures
from orchestrator.webui import pool, upscaling

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from orchestrator.stylization.engine import Engine, Paint, Painted
    from orchestrator.webui.opening import Server

    Size = tuple[int, int]


class _Small(NamedTuple):
    """What was painted small, and the width and height that it is to have."""

    painted: Painted
    size: Size


@dataclass(frozen=True)
class Enlarger:
    """One WebUI that enlarges.

    Attributes:
        server: the WebUI.
        upscaler: as it lists it.
    """

    server: Server
    upscaler: str

    def work(self, small: _Small) -> Painted:
        """Enlarge one picture. Raises WebUIError; EffectMissing if it was not enlarged."""
        picture, size = small.painted.picture, small.size
        factor = max(side / own for side, own in zip(size, picture.shape[1::-1], strict=True))
        if factor > 1:
            self.server.client.line.wait()
            picture = upscaling.enlarged(self.server.client, picture, self.upscaler, factor)
        return replace(small.painted, picture=pictures.resize(picture, size))

    def recover(self) -> None:
        """Make sure that the WebUI is well again. Raises WebUIError."""
        self.server.recover()


class UpscalingEngine:
    """An engine that has another one paint at a size of its own, and WebUIs enlarge what comes of it.

    While some pictures are enlarged, others are painted.

    Args:
        inner: what paints.
        size: width and height that it paints at.
        enlargers: who enlarges.
        tell: is told in a line when a WebUI is lost or comes back; called from any thread.
    """

    def __init__(
        self, inner: Engine, size: Size, enlargers: Sequence[Enlarger], *, tell: Callable[[str], None]
    ) -> None:
        self.batch = inner.batch
        self.looks_back = inner.looks_back
        self._inner = inner
        self._size = size
        self._enlargers = enlargers
        self._tell = tell

    def paint(self, paints: Iterable[Paint]) -> Generator[Painted, None, None]:
        """Paint pictures. Raises OrchestrateError, as `inner` does; EffectMissing if one was not enlarged."""
        with closing(self._small(paints)) as small:
            yield from pool.done(small, self._enlargers, self._tell, in_turn=self.looks_back)

    def _small(self, paints: Iterable[Paint]) -> Generator[_Small, None, None]:
        sizes: deque[Size] = deque()

        def shrunk() -> Iterator[Paint]:
            for paint in paints:
                sizes.append(paint.init.shape[1::-1])
                yield self._shrunk(paint)

        with closing(self._inner.paint(shrunk())) as answers:
            for painted in answers:
                yield _Small(painted, sizes.popleft())

    def _shrunk(self, paint: Paint) -> Paint:
        previous = None if paint.previous is None else pictures.resize(paint.previous, self._size)
        return replace(paint, init=pictures.resize(paint.init, self._size), previous=previous)
