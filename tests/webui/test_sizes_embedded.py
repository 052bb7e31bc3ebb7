"""Frames of other sizes than the model's, painted by the real embedded WebUI: small, or in tiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from orchestrator.media import pictures
from orchestrator.media.clip import cut
from orchestrator.media.decode import one
from orchestrator.media.probe import probe
from orchestrator.media.tiles import tiles
from orchestrator.stylization.canvas import Canvas
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.stylization.sizes import sizes
from orchestrator.stylization.tiled_engine import TiledEngine
from orchestrator.stylization.webui_engine import Painter, WebUIEngine, recipe
from orchestrator.webui.opening import Server, opened
from orchestrator.webui.settings import WebUISettings

LOOK = Look("a street", "", seed=3, strength=0.6, lora_weight=0)
SETTINGS = StylizeSettings(payload="img2img-pocket", size=(160, 72), upscaler="Lanczos", steps=4)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An embedded WebUI."""
    folder = tmp_path_factory.mktemp("webui")
    with opened(WebUISettings(), model="pocket", lora_dir=folder, log=folder / "log") as opened_server:
        yield opened_server


def painter(server: Server, batch: int) -> WebUIEngine:
    return WebUIEngine([Painter(server, None, recipe(SETTINGS))], batch=batch, tell=print)


def test_frames_painted_small_come_back_large(server: Server, bikes: Path) -> None:
    """A quarter of the pixels is painted; what comes back is that, enlarged, frame by frame."""
    clip = cut(probe(bikes), None, None)
    frames = [one(clip, index, size=(320, 136)) for index in (0, 100)]
    size = sizes(SETTINGS, Canvas((320, 136)), None)
    size.rehearse([server])
    inner = painter(server, 2)
    engine = size.in_front(inner, [server], print)
    large = list(engine.paint(Paint(frame, LOOK) for frame in frames))
    small = list(inner.paint(Paint(pictures.resize(frame, (160, 72)), LOOK) for frame in frames))
    assert engine.batch == 2
    for one_large, one_small in zip(large, small, strict=True):
        assert one_large.picture.shape == (136, 320, 3)
        assert one_large.told == one_small.told
        by_hand = pictures.resize(one_small.picture, (320, 136))
        assert np.abs(one_large.picture.astype(int) - by_hand).mean() < 3


def test_tiles_show_no_seam(server: Server) -> None:
    """Where tiles meet nothing jumps more than in a picture painted whole; where halves meet it does."""
    size = (224, 104)
    across = np.linspace(40, 200, size[0])[None, :, None] + np.zeros((size[1], 1, 3))
    picture = across.astype(np.uint8)
    inner = painter(server, 1)
    (tiled,) = TiledEngine(inner, size, largest=128, overlap=32).paint([Paint(picture, LOOK)])
    (whole,) = inner.paint([Paint(picture, LOOK)])
    halves = [piece.picture for piece in inner.paint(Paint(each, LOOK) for each in np.split(picture, 2, 1))]
    edges = [edge for each in tiles(size, 128, 32) for edge in (each.left, each.right) if 0 < edge < size[0]]
    usual = steps(whole.picture).max()
    assert edges == [128, 96]
    assert max(steps(tiled.picture)[edge - 1] for edge in edges) <= usual
    assert steps(np.concatenate(halves, axis=1))[111] > 4 * usual


def steps(picture: np.ndarray) -> np.ndarray:
    """Return by how many levels each column differs, in the mean, from the one after it."""
    return np.abs(np.diff(picture.astype(float).mean(axis=2), axis=1)).mean(axis=0)
