"""`orchestrate report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened
from orchestrator.cli.outcome import tell

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Write the report if need be, and say where it lies."""
    import webbrowser

    from orchestrator.pipeline.execute import artifacts

    job = opened(args.project)
    with made(job, [job.graph.report], as_json=args.json) as stages:
        page = artifacts(job.store)(job.graph.report)
    tell({"report": str(page)}, stages, as_json=args.json)
    if args.open:
        webbrowser.open(page.as_uri())
    return 0
