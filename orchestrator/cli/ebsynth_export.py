"""`orchestrate ebsynth export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened
from orchestrator.cli.outcome import tell
from orchestrator.cli.show import shown

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Paint what is not painted yet, and write a project for EbSynth."""
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.stylization.ebsynth.export import command, export, refuse_used

    refuse_used(args.to)
    job = opened(args.project)
    graph, artifact = job.graph, artifacts(job.store)
    # what is pasted has another background than the source's
    masks = () if any(region.paste for region in job.project.regions) else graph.masks
    with (
        made(job, [graph.shots, graph.frames, *masks], as_json=args.json) as stages,
        shown(as_json=args.json) as progress,
    ):
        reaches = export(
            graph.source.clip,
            artifact(graph.frames),
            [artifact(mask) for mask in masks],
            artifact(graph.shots),
            job.project.stylize.consistency,
            args.to,
            progress,
        )
    told = {
        "frames": graph.source.clip.count,
        "keys": len(reaches),
        "folder": str(args.to),
        "then": command(graph.source.clip, args.to),
    }
    tell(told, [*stages, "export"], as_json=args.json)
    return 0
