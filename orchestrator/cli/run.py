"""`orchestrate run`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened

if TYPE_CHECKING:
    import argparse

    from orchestrator.artifacts import Measurements
    from orchestrator.publish import Published


def run(args: argparse.Namespace) -> int:
    """Do the whole job and say where its results lie."""
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.publish import publish

    job = opened(args.project)
    with made(job, job.graph.targets, as_json=args.json) as stages:
        artifact = artifacts(job.store)
        measurements = artifact(job.graph.measure)
        results = publish(
            job.project,
            video=artifact(job.graph.encode),
            further=[artifact(each) for each in job.graph.further],
            frames=(artifact(job.graph.frames), job.graph.source.clip),
            lora=artifact(job.graph.lora),
            report=artifact(job.graph.report),
            measurements=measurements,
        )
    print(as_json(stages, results, measurements) if args.json else summary(stages, results, measurements))
    return 0


def as_json(stages: list[str], results: Published, measurements: Measurements) -> str:
    """Return the outcome as one JSON object."""
    places = {name: str(path) for name, path in asdict(results).items()}
    outcome: dict[str, Any] = {"event": "result", "made": stages, **places, "means": dict(measurements.means)}
    return json.dumps(outcome)


def summary(stages: list[str], results: Published, measurements: Measurements) -> str:
    """Return the outcome for people."""
    from orchestrator.cli.scores import table

    done = f"made: {', '.join(stages)}" if stages else "nothing to do: everything is made already"
    places = {
        "video": results.video,
        "LoRA": results.lora,
        "report": results.report,
        "scores": results.scores,
    }
    lines = [f"{label:<8}{path}" for label, path in places.items()]
    return "\n".join([table(measurements), done, *lines])
