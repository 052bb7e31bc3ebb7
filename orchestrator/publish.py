"""Puts what a run has made where the user asked for it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence, LoraWeights, Measurements
    from orchestrator.media.clip import Clip
    from orchestrator.project import Project


@dataclass(frozen=True)
class Published:
    """Where the results of a run lie."""

    video: Path
    lora: Path
    report: Path
    scores: Path
    table: Path


def places(project: Project) -> Published:
    """Return where a project's results go: all beside the video."""
    folder = project.output.video.parent
    return Published(
        video=project.output.video,
        lora=folder / f"{project.name}.safetensors",
        report=folder / "report.html",
        scores=folder / "scores.json",
        table=folder / "scores.csv",
    )


def publish(
    project: Project,
    *,
    video: Path,
    further: Sequence[Path] = (),
    frames: tuple[FrameSequence, Clip],
    lora: LoraWeights,
    report: Path,
    measurements: Measurements,
) -> Published:
    """Copy the results to their places; what is there already and unchanged is left alone."""
    from orchestrator.media.frames_folder import lay_out
    from orchestrator.metrics.tables import as_csv, as_json

    target = places(project)
    for made, place in zip((video, *further), (target.video, *project.output.also), strict=True):
        _copy(made, place)
    if project.output.frames is not None:
        lay_out(*frames, project.output.frames)
    _copy(lora.file, target.lora)
    _copy(report, target.report)
    files.write_bytes(target.scores, as_json(measurements).encode())
    files.write_bytes(target.table, as_csv(measurements).encode())
    return target


def _copy(made: Path, target: Path) -> None:
    if target.is_file() and _state(target) == _state(made):
        return
    with files.replacing(target) as partial:
        shutil.copy2(made, partial)


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns
