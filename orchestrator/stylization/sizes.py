"""At which size frames are painted, and how they come back to their own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.media.tiles import tiles
from orchestrator.stylization.canvas import paintable
from orchestrator.stylization.settings import LANCZOS
from orchestrator.stylization.tiled_engine import TiledEngine
from orchestrator.stylization.upscaling import Enlarger, UpscalingEngine
from orchestrator.webui import upscaling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orchestrator.stylization.canvas import Canvas
    from orchestrator.stylization.engine import Engine
    from orchestrator.stylization.settings import StylizeSettings, TileSettings
    from orchestrator.webui.opening import Server

    Size = tuple[int, int]


@dataclass(frozen=True)
class Sizes:
    """Widths and heights on the way of a frame.

    Attributes:
        whole: what painting is said to start from and to give back: the frame's own, in multiples of 8.
        painted: what is painted of it.
        tiles: how that is divided; None for not at all.
        upscaler: what enlarges the painted picture; None for Lanczos's filter.
    """

    whole: Size
    painted: Size
    tiles: TileSettings | None
    upscaler: str | None

    @property
    def given(self) -> Size:
        """What is handed to the engine and comes back from it."""
        return self.whole if self.upscaler else self.painted

    @property
    def requested(self) -> Size:
        """What one request paints."""
        if self.tiles is None:
            return self.painted
        return tiles(self.painted, self.tiles.size, self.tiles.overlap)[0].size

    def in_front(self, engine: Engine, servers: Iterable[Server], tell: Callable[[str], None]) -> Engine:
        """Return an engine for pictures as they are given, which has this one paint what can be painted.

        Args:
            engine: what paints.
            servers: the WebUIs that enlarge, where they do.
            tell: is told in a line when one of them is lost or comes back.

        Raises:
            ProjectError: tiles cannot overlap as they should.
        """
        if self.tiles is not None:
            largest, overlap = self.tiles.size, self.tiles.overlap
            engine = TiledEngine(engine, self.painted, largest=largest, overlap=overlap)
        if self.upscaler is None:
            return engine
        enlargers = [Enlarger(server, self.upscaler) for server in servers]
        return UpscalingEngine(engine, self.painted, enlargers, tell=tell)

    def rehearse(self, servers: Iterable[Server]) -> None:
        """Make sure that the WebUIs can enlarge, where they will. Raises WebUIError."""
        for server in servers if self.upscaler else ():
            upscaling.rehearse(server, self.upscaler or "")


def sizes(settings: StylizeSettings, canvas: Canvas, native: int | None) -> Sizes:
    """Return the sizes of a frame on its way.

    Args:
        settings: what the user says of sizes.
        canvas: what of the frame is painted.
        native: side of the square that the model paints best, pixels; None where any size will do.
    """
    whole = paintable(canvas.own)
    painted = whole if settings.tiles or native is None else no_larger(whole, native)
    if settings.size is not None:
        painted = _share(settings.size, canvas)
    enlarges = settings.upscaler != LANCZOS and any(
        small < large for small, large in zip(painted, whole, strict=True)
    )
    return Sizes(whole, painted, settings.tiles, settings.upscaler if enlarges else None)


def _share(size: Size, canvas: Canvas) -> Size:
    """Return which part of the size of a whole frame falls to what is painted, so that it keeps its shape."""
    width, height = (
        round(side * own / whole) for side, own, whole in zip(size, canvas.own, canvas.whole, strict=True)
    )
    return paintable((width, height))


def no_larger(size: Size, side: int) -> Size:
    """Return a size that is no larger than a square in area, of the same shape, in multiples of 8."""
    width, height = size
    scale = min(1.0, side / math.sqrt(width * height))
    return paintable((round(width * scale), round(height * scale)))
