"""`orchestrate explain`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from orchestrator.cli.opened import opened

if TYPE_CHECKING:
    import argparse

    from orchestrator.pipeline.explain import Plan


def run(args: argparse.Namespace) -> int:
    """Say what a run would do, and why; nothing is made or changed."""
    from orchestrator.pipeline.explain import explain

    job = opened(args.project)
    plans = explain(job.graph.targets, job.store)
    if args.json:
        print(json.dumps({"event": "result", "plan": [asdict(each) for each in plans]}))
    else:
        print(table(plans))
    return 0


def table(plans: list[Plan]) -> str:
    """Return the plans as text, a line a stage."""
    width = max(len(plan.stage) for plan in plans)
    return "\n".join(f"{plan.stage:<{width}}  {plan.action:<7} {plan.reason}" for plan in plans)
