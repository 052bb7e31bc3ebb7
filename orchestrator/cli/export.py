"""`orchestrate export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened
from orchestrator.cli.outcome import tell

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Make the training pictures if need be, and write the training down; nothing is trained."""
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.training.export import export

    job = opened(args.project)
    with made(job, [job.graph.dataset], as_json=args.json) as stages:
        exported = export(job.project.training, artifacts(job.store)(job.graph.dataset), args.to)
    told = {
        "config": str(exported.config),
        "dataset": str(exported.dataset_config),
        "command": exported.command,
    }
    tell(told, [*stages, "export"], as_json=args.json)
    return 0
