"""What is made beside the painting, frame by frame."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

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
from orchestrator.project import OutputSettings
from orchestrator.stages.encode import encode
from orchestrator.stages.measure import measure
from orchestrator.stages.previews import result_preview
from orchestrator.stages.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 40
WAIT = 60.0  # seconds; what is due comes in a few


def painting(source: Source, before_last: Callable[[], None]) -> Stage[FrameSequence]:
    """A stage that paints each frame of the source as it is, and pauses before the last."""

    def paint(folder: Path, *_: object) -> None:
        for index, frame in enumerate(frames(source.clip)):
            if index == COUNT - 1:
                before_last()
            write_png(FrameSequence(folder, COUNT).path(index), frame)

    return Stage(
        "painted", 1, {}, (), paint, lambda folder: FrameSequence(folder, COUNT),
        resumes=True, under_way=lambda folder, ended: FrameSequence(folder, COUNT, ended),
    )  # fmt: skip


def test_figures_video_and_preview_follow_the_painting(carphone: Path, tmp_path: Path) -> None:
    """Before the last frame is painted, early ones have figures, and video and preview are begun."""
    source = Source(replace(cut(probe(carphone), None, None), stop=COUNT), "x")
    store = Store(tmp_path)
    begun = ("measure-*/rows.jsonl", "encode-*/.video.partial.mp4", "result_preview-*/stills/000001.webp")

    def early_frames_are_done() -> None:
        for pattern in begun:
            assert appears(store.root / "stages", pattern), f"{pattern} did not come before the last frame"

    painted = painting(source, early_frames_are_done)
    shots: Stage[tuple[int, ...]] = Stage("shots", 1, {}, (), lambda *_: None, lambda _: ())
    dataset = Stage("dataset", 1, {}, (), lambda *_: None, lambda folder: Dataset(folder, folder, 0, ""))
    targets = (
        encode(OutputSettings(video=tmp_path / "out.mp4"), source, painted),
        measure(ScoreSettings(metrics=("ssim",)), {}, source, shots, dataset, painted),
        result_preview(source, painted),
    )
    execute((shots, *targets), store, Silent())
    rows = next((store.root / "stages").glob("measure-*/rows.jsonl")).read_text()
    assert rows.count("\n") == COUNT
    assert len(list((store.root / "stages").glob("result_preview-*/stills/*.webp"))) == COUNT
    assert probe(next((store.root / "stages").glob("encode-*/video.mp4"))).count == COUNT


def appears(folder: Path, pattern: str) -> bool:
    """Wait until such a file is there."""
    pause = threading.Event()
    for _ in range(int(WAIT / 0.05)):
        if any(folder.glob(pattern)):
            return True
        pause.wait(0.05)
    return False
