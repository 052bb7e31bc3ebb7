"""Frames painted in tiles: no seam, whole batches, and a run that goes on."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path

import numpy as np
import pytest
from resumable_run import CUT, LOOK, SETTINGS, SlowEngine

from orchestrator.errors import WebUIUnreachable
from orchestrator.media.clip import Clip
from orchestrator.progress import Silent
from orchestrator.stylization.course import Course
from orchestrator.stylization.engine import Paint, Painted
from orchestrator.stylization.stylize import stylize
from orchestrator.stylization.tiled_engine import TiledEngine

SIZE = (96, 64)  # as the settings of the resumable run have it: two tiles of 64


class Uneven:
    """Lightens each tile by another amount, as a model does that sees each by itself."""

    batch, looks_back = 1, False

    def paint(self, paints: Iterable[Paint]) -> Generator[Painted, None, None]:
        for number, paint in enumerate(paints):
            yield Painted(paint.init + np.uint8(8 * (number % 5)), f"tile {number}")


@pytest.mark.parametrize("kind", ["flat", "gradient"])
def test_tiles_that_differ_show_no_edge(kind: str) -> None:
    """From pixel to pixel nothing jumps by more than the fade between two tiles allows."""
    size = (232, 176)
    across = np.linspace(60, 160, size[0])[None, :, None] if kind == "gradient" else 100
    picture = np.broadcast_to(across, (size[1], size[0], 3)).astype(np.uint8)
    engine = TiledEngine(Uneven(), size, largest=128, overlap=40)
    (painted,) = engine.paint([Paint(picture, LOOK)])
    steps = [np.abs(np.diff(painted.picture.astype(int), axis=axis)).max() for axis in (0, 1)]
    assert np.ptp(painted.picture - picture.astype(int)) >= 16
    assert max(steps) <= 2 + (kind == "gradient")
    assert painted.told == "tile 0"


@pytest.mark.parametrize(("inner", "outer"), [(1, 1), (2, 1), (3, 3), (4, 2), (6, 3)])
def test_batches_are_whole(inner: int, outer: int) -> None:
    """Two tiles a picture: so many pictures go together that their tiles fill the other engine's batches."""
    engine = TiledEngine(SlowEngine(0, batch=inner), SIZE, largest=64, overlap=16)
    assert engine.batch == outer


class Failing(SlowEngine):
    """Loses its WebUI at the ninth tile."""

    def painted(self, paint: Paint, content: int) -> Painted:
        if len(self.inits) == 9:
            raise WebUIUnreachable("gone")
        return super().painted(paint, content)


@pytest.mark.parametrize(("batch", "looks_back"), [(1, False), (3, False), (1, True)])
def test_a_run_in_tiles_goes_on_to_the_same_pixels(
    clip: Clip, tmp_path: Path, batch: int, looks_back: bool
) -> None:
    """What is painted together stays together, and tiles look back at their own place."""

    def run(folder: Path, inner: SlowEngine) -> list[bytes]:
        engine = TiledEngine(inner, SIZE, largest=64, overlap=16)
        made = stylize(clip, engine, folder, Course(LOOK), SETTINGS, cuts=(CUT,), progress=Silent())
        return [made.path(index).read_bytes() for index in range(made.count)]

    undisturbed = run(tmp_path / "undisturbed", SlowEngine(0, batch=batch, looks_back=looks_back))
    with pytest.raises(WebUIUnreachable):
        run(tmp_path / "cut", Failing(0, batch=batch, looks_back=looks_back))
    assert 0 < len(list((tmp_path / "cut/frames").glob("0*.png"))) < clip.count
    assert run(tmp_path / "cut", SlowEngine(0, batch=batch, looks_back=looks_back)) == undisturbed
