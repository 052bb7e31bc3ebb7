"""Measuring as a stage: each frame's figures are kept as soon as they are known."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from orchestrator.artifacts import Dataset, FrameSequence
from orchestrator.media.clip import cut
from orchestrator.media.decode import frames
from orchestrator.media.pictures import write_png
from orchestrator.media.probe import probe
from orchestrator.metrics.settings import ScoreSettings
from orchestrator.pipeline.execute import execute
from orchestrator.pipeline.stage import Stage
from orchestrator.pipeline.store import Store
from orchestrator.progress import Silent
from orchestrator.stages.measure import load, measure
from orchestrator.stages.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.artifacts import Measurements

COUNT = 6


@pytest.fixture
def stage(bikes: Path) -> Stage[Measurements]:
    """The stage that measures six frames of a street against themselves."""
    return measuring(bikes, ScoreSettings(metrics=("ssim",)))


def measuring(bikes: Path, settings: ScoreSettings) -> Stage[Measurements]:
    clip = replace(cut(probe(bikes), None, None), stop=COUNT)

    def paint(folder: Path, *_: object) -> None:
        for index, frame in enumerate(frames(clip)):
            write_png(FrameSequence(folder, COUNT).path(index), frame)

    def style(folder: Path, *_: object) -> None:
        for index, frame in zip(range(3), frames(clip), strict=False):
            write_png(folder / "1_style" / f"{index}.png", 255 - frame)

    shots: Stage[tuple[int, ...]] = Stage("shots", 1, {}, (), lambda *_: None, lambda _: ())
    dataset = Stage("dataset", 1, {}, (), style, lambda folder: Dataset(folder, folder, 0, ""))
    painted = Stage("stylize", 1, {}, (), paint, lambda folder: FrameSequence(folder, COUNT))
    return measure(settings, {}, Source(clip, "x"), shots, dataset, painted)


class Watching(Silent):
    """Notes how many rows are on disk each time that a frame is told as measured."""

    def __init__(self, journal: Path) -> None:
        self.seen: list[int] = []
        self._journal = journal

    @contextmanager
    def task(self, label: str, *, total: int | None = None, unit: str = "") -> Iterator[Watching]:
        del label, total, unit
        yield self

    def advance(self, done: int = 1, *, note: str = "") -> None:
        del done, note
        self.seen.append(self._journal.read_text().count("\n"))

    def reach(self, done: int, *, total: int | None = None, note: str = "") -> None:
        pass


def test_a_row_is_on_disk_before_its_frame_counts(stage: Stage[Measurements], tmp_path: Path) -> None:
    """Whatever instant a run is killed at, no frame that was told as measured is measured again."""
    store = Store(tmp_path / "work")
    watching = Watching(store.folder(stage) / "rows.jsonl")
    execute([stage], store, watching)
    assert watching.seen == list(range(1, COUNT + 1))
    assert load(store.folder(stage)).means == {"ssim": pytest.approx(1)}


@pytest.mark.parametrize("left", ['{"ssi', '{"ssim": 0.5}\n{"ss', '{"ssim": 0.5}\n'])
def test_a_row_cut_short_is_measured_again(stage: Stage[Measurements], tmp_path: Path, left: str) -> None:
    """Also the very first one; whole rows are kept as they are."""
    store = Store(tmp_path / "work")
    journal = store.folder(stage) / "rows.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text(left)
    execute([stage], store, Silent())
    rows = [json.loads(line)["ssim"] for line in journal.read_text().splitlines()]
    whole = left.count("\n")
    assert rows[:whole] == [0.5] * whole
    assert rows[whole:] == pytest.approx([1.0] * (COUNT - whole))


def test_a_figure_of_all_frames_is_the_same_after_an_interruption(bikes: Path, tmp_path: Path) -> None:
    """Frames that were measured before are looked at again for it, and for nothing else."""
    stage = measuring(bikes, ScoreSettings(metrics=("psnr", "kid_alexnet")))
    whole, broken = Store(tmp_path / "whole"), Store(tmp_path / "broken")
    execute([stage], whole, Silent())
    journal = broken.folder(stage) / "rows.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text('{"psnr": 1.5, "kid_alexnet": null}\n' * 4)
    execute([stage], broken, Silent())
    first, second = load(whole.folder(stage)), load(broken.folder(stage))
    assert second.frames["psnr"][:4] == (1.5,) * 4
    assert first.means["kid_alexnet"] == second.means["kid_alexnet"]
    assert first.frames["kid_alexnet"] == (None,) * COUNT


def test_a_mask_limits_what_is_measured(bikes: Path, tmp_path: Path) -> None:
    """Where no pixel is bright, nothing is measured inside and all outside; each is kept by itself."""
    write_png(tmp_path / "mask.png", np.zeros((272, 640, 3), np.uint8))
    store, found = Store(tmp_path / "work"), {}
    for region in ("inside", "outside"):
        asked = {"metrics": ("psnr",), "mask": tmp_path / "mask.png", "region": region}
        stage = measuring(bikes, ScoreSettings.model_validate(asked))
        execute([stage], store, Silent())
        found[store.folder(stage)] = load(store.folder(stage)).means
    assert [*found.values()] == [{}, {"psnr": np.inf}]
