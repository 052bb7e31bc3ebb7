"""What networks see, kept on disk by content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from skimage import data

from orchestrator.metrics.backbone import load_backbone
from orchestrator.metrics.kept import kept_layers
from orchestrator.metrics.measure import measure
from orchestrator.metrics.panel import panel
from orchestrator.metrics.settings import ScoreSettings
from orchestrator.metrics.steps import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.metrics.backbone import Layers

PHOTO = data.astronaut()[:96, :128]
TAPS = (1, 4, 11)


def test_layers_come_back_bit_by_bit(tmp_path: Path) -> None:
    """The second time the network is not asked, and what comes back is equal in every bit."""
    backbone = load_backbone("alexnet")
    kept = kept_layers(tmp_path, backbone.layers, TAPS)
    asked = 0

    def look(picture: np.ndarray) -> Layers:
        nonlocal asked
        asked += 1
        return backbone.look([picture], TAPS)[0]

    first, again = kept.of(PHOTO, look), kept.of(PHOTO.copy(), look)
    assert asked == 1
    assert list(first) == list(again) == list(TAPS)
    assert all(torch.equal(first[tap], again[tap]) for tap in TAPS)
    kept.of(255 - PHOTO, look)
    assert asked == 2


def test_other_weights_or_layers_are_kept_apart(tmp_path: Path) -> None:
    """A place belongs to one network and one choice of layers."""
    backbone = load_backbone("alexnet")
    places = {kept_layers(tmp_path, backbone.layers, taps).folder for taps in (TAPS, (1, 4))}
    changed = load_backbone("alexnet")
    changed.layers[0].weight.data[0, 0, 0, 0] += 1e-6
    assert kept_layers(tmp_path, changed.layers, TAPS).folder not in places
    assert len(places) == 2


def test_damage_is_mended(tmp_path: Path) -> None:
    """A file that was cut off is made anew."""
    backbone = load_backbone("alexnet")
    kept = kept_layers(tmp_path, backbone.layers, TAPS)
    whole = kept.of(PHOTO, lambda picture: backbone.look([picture], TAPS)[0])
    (file,) = kept.folder.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    mended = kept.of(PHOTO, lambda picture: backbone.look([picture], TAPS)[0])
    assert all(torch.equal(whole[tap], mended[tap]) for tap in TAPS)
    assert len(file.read_bytes()) > 1000


def test_figures_are_the_same_with_and_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a source seen before, the network looks at the results alone, and every figure is the same."""
    settings = ScoreSettings(metrics=("lpips", "gram", "temporal_lpips"), device="cpu")
    pairs = [Pair(np.roll(PHOTO, shift, 1), np.roll(PHOTO // 2, shift, 1)) for shift in range(3)]
    without = list(measure(pairs, panel(settings, [PHOTO])))
    assert list(measure(pairs, panel(settings, [PHOTO], kept=tmp_path))) == without
    looked: list[int] = []
    network = type(load_backbone("alexnet")).look

    def counting(self: object, frames: Sequence[np.ndarray], taps: Sequence[int]) -> list[Layers]:
        looked.append(len(frames))
        return network(self, frames, taps)  # type: ignore[arg-type]

    monkeypatch.setattr("orchestrator.metrics.backbone.Backbone.look", counting)
    assert list(measure(pairs, panel(settings, [PHOTO], kept=tmp_path))) == without
    assert sum(looked) == len(pairs)
