"""`orchestrate prepare`, `train`, `stylize` and `score project.yaml`: a run up to one of its stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened
from orchestrator.cli.outcome import tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.artifacts import Dataset, FrameSequence, LoraWeights, Measurements

    Outcome = dict[str, Any]


def run(args: argparse.Namespace) -> int:
    """Make what the command is named after, and all that it needs."""
    return make(args.command, args.project, as_json=args.json)


def make(command: str, project: Path, *, as_json: bool) -> int:
    """Make what a command is named after, and say what it is; return the exit code."""
    from orchestrator.pipeline.execute import artifacts

    stage_name, told = PARTS[command]
    job = opened(project)
    stage = getattr(job.graph, stage_name)
    with made(job, [stage], as_json=as_json) as stages:
        outcome = told(artifacts(job.store)(stage))
    tell(outcome, stages, as_json=as_json)
    return 0


def _dataset(dataset: Dataset) -> Outcome:
    return {"pictures": dataset.pictures, "dataset": str(dataset.folder)}


def _lora(lora: LoraWeights) -> Outcome:
    return {"LoRA": str(lora.file), "hash": lora.content_hash}


def _frames(frames: FrameSequence) -> Outcome:
    return {"frames": frames.count, "folder": str(frames.folder)}


def _scores(measurements: Measurements) -> Outcome:
    return dict(measurements.means)


PARTS: dict[str, tuple[str, Callable[[Any], Outcome]]] = {
    "prepare": ("dataset", _dataset),
    "train": ("train", _lora),
    "stylize": ("frames", _frames),
    "score": ("measure", _scores),
}
