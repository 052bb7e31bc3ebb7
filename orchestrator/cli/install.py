"""`orchestrate install`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened
from orchestrator.cli.outcome import tell

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Train the LoRA if need be, put it into the WebUI, and make sure that the WebUI sees it."""
    from orchestrator.layers import own
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.preflight import check_webui
    from orchestrator.stages.installed import painting

    job = opened(args.project)
    check_webui(job.project, job.store.root)
    with made(job, [job.graph.lora], as_json=args.json) as stages:
        lora = artifacts(job.store)(job.graph.lora)
        layer = own(job.project, range(job.graph.source.clip.count))
        with painting(job.project, job.store.root, lora, layer) as painters:
            installed = [painter.lora for painter in painters if painter.lora]
    weight = job.project.stylize.lora_weight.value or 1.0
    told = {
        "prompt": f"<lora:{installed[0].name}:{weight:g}>",
        "file": ", ".join(each.place for each in installed),
    }
    tell(told, stages, as_json=args.json)
    return 0
