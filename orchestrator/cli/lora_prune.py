"""`orchestrate lora prune`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from orchestrator.cli.opened import Job
    from orchestrator.webui.prune import Pruned


def run(args: argparse.Namespace) -> int:
    """Remove old versions of the project's LoRA from each folder that it was put into."""
    from orchestrator.cli.opened import opened
    from orchestrator.stages.installed import lora_folder
    from orchestrator.webui.folder import folder
    from orchestrator.webui.prune import prune

    job = opened(args.project)
    current = _current(job)
    for webui in job.project.webui:
        place = lora_folder(webui, job.store.root)
        keep = args.keep or webui.lora_versions
        name = job.project.name
        pruned = prune(folder(place), name=name, keep=keep, current=current, dry_run=args.dry_run)
        _tell(args, str(place), pruned)
    return 0


def _current(job: Job) -> str | None:
    """Return the hash of the LoRA that the project paints with now, if it is trained."""
    from orchestrator.pipeline.execute import artifacts

    lora = job.graph.lora
    return artifacts(job.store)(lora).content_hash if job.store.finished(lora) else None


def _tell(args: argparse.Namespace, place: str, pruned: Pruned) -> None:
    told = {"removed": pruned.removed, "kept": pruned.kept, "foreign": pruned.foreign}
    if args.json:
        print(json.dumps({"event": "result", "folder": place, "dry_run": args.dry_run, **told}))
        return
    words = {"removed": "would go" if args.dry_run else "removed", "kept": "kept", "foreign": "not ours"}
    print(place)
    for kind, names in told.items():
        for name in names:
            print(f"  {words[kind]:<9}{name}")
