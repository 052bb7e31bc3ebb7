"""Measuring whole clips: in one pass, resumable, blind across cuts."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
from pydantic import ValidationError
from skimage import data

from orchestrator.artifacts import Measurements
from orchestrator.errors import ImageError, ProjectError
from orchestrator.metrics.gathered import gathered
from orchestrator.metrics.lpips import load_lpips, lpips
from orchestrator.metrics.makers import SCORERS, SETS
from orchestrator.metrics.measure import measure
from orchestrator.metrics.panel import Panel, panel
from orchestrator.metrics.settings import ScoreSettings
from orchestrator.metrics.ssim import ssim
from orchestrator.metrics.steps import Batch, Pair
from orchestrator.metrics.table import METRICS, MetricName
from orchestrator.metrics.tables import as_csv, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

PHOTO = data.astronaut()


def pairs(count: int) -> Iterator[Pair]:
    """A window moving over a photo, and the same darkened more and more."""
    for index in range(count):
        source = PHOTO[100:196, 100 + 4 * index : 228 + 4 * index]
        yield Pair(source, (source * (0.9 - 0.05 * index)).astype(np.uint8))


def test_each_frame_gets_each_metric_and_motion_none_at_cuts() -> None:
    """Figures equal the pure functions'; the warp error is missing on the first frame and at a cut only."""
    settings = ScoreSettings(metrics=("lpips", "ssim", "warp_error", "gram"), device="cpu")
    rows = list(measure(pairs(4), panel(settings, [PHOTO]), cuts={2}))
    net = load_lpips()
    assert [row["lpips"] for row in rows] == pytest.approx([lpips(a, b, net) for a, b, _ in pairs(4)])
    assert [row["ssim"] for row in rows] == [ssim(a, b) for a, b, _ in pairs(4)]
    assert [row["warp_error"] is None for row in rows] == [True, False, True, False]
    assert all(row["gram"] > 0 for row in rows)


def test_going_on_after_an_interruption_gives_the_same_figures() -> None:
    """Rows measured after some that are done already equal those of an undisturbed pass."""
    wanted = panel(ScoreSettings(metrics=("ssim", "warp_error"), device="cpu"))
    whole = list(measure(pairs(4), wanted))
    for done in range(5):
        assert list(measure(pairs(4), wanted, done=done)) == whole[done:]


@pytest.mark.parametrize("workers", [1, 3])
def test_frames_are_read_only_as_fast_as_they_are_measured(workers: int) -> None:
    """However many are measured side by side, only a few batches are read ahead: memory stays constant."""
    read = 0

    def counted() -> Iterator[Pair]:
        nonlocal read
        for pair in pairs(29):
            read += 1
            yield pair

    def size(batch: Batch) -> list[float]:
        return [float(len(batch.steps))] * len(batch.steps)

    rows = measure(counted(), Panel({"ssim": size}, pixels=4 * 96 * 128, workers=workers))
    assert next(rows) == {"ssim": 4.0}
    assert read <= 4 * (workers + 2)
    assert [row["ssim"] for row in rows] == [4.0] * 27 + [1.0]


def test_means_leave_out_frames_without_a_figure() -> None:
    """The mean is over the frames that have a figure; a metric that never has one has no mean."""
    measured = gathered([{"a": None, "b": None}, {"a": 1.0, "b": None}, {"a": 2.0, "b": None}])
    assert measured == Measurements({"a": (None, 1.0, 2.0), "b": (None, None, None)}, {"a": 1.5})


def test_score_files_hold_every_figure() -> None:
    """scores.json and scores.csv read back to the same figures, with gaps where there are none."""
    measured = Measurements({"ssim": (0.5, 0.25), "warp_error": (None, 0.0012345678)}, {"ssim": 0.375})
    document = json.loads(as_json(measured))["metrics"]
    assert document["ssim"]["frames"] == [0.5, 0.25]
    assert document["ssim"]["better"] == "higher"
    assert document["warp_error"]["frames"] == [None, 0.00123457]
    assert document["warp_error"]["mean"] is None
    rows = list(csv.reader(io.StringIO(as_csv(measured))))
    assert rows == [["frame", "ssim", "warp_error"], ["0", "0.5", ""], ["1", "0.25", "0.00123457"]]


def test_every_metric_can_be_asked_for_and_is_described() -> None:
    """The names that settings accept and the descriptions are the same list, each complete."""
    assert set(METRICS) == set(get_args(MetricName))
    for metric in METRICS.values():
        assert metric.paper
        assert metric.sees
        assert metric.inside
        assert metric.bounds[0] < metric.bounds[1]
    assert set(SCORERS) | set(SETS) == set(METRICS)
    assert not set(SCORERS) & set(SETS)


def test_settings_refuse_what_cannot_be_measured() -> None:
    """An unknown metric, one named twice, and one whose network is missing are mistakes in the settings."""
    for metrics in (["vmaf"], ["ssim", "ssim"], ["lpips_vgg"], ["clip_text"], ["mask_iou"], []):
        with pytest.raises(ValidationError):
            ScoreSettings(metrics=metrics)
    assert ScoreSettings().metrics == ("lpips", "ssim", "warp_error")


def test_a_panel_says_what_it_lacks() -> None:
    """A Gram distance without style pictures is refused before any frame is read."""
    with pytest.raises(ImageError, match="no style pictures"):
        panel(ScoreSettings(metrics=("gram",), device="cpu"))


def test_asking_for_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """`device: cuda` on a machine without one is a mistake in the project, not a crash in torch."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ProjectError, match="no GPU"):
        panel(ScoreSettings(metrics=("ssim",), device="cuda"))
