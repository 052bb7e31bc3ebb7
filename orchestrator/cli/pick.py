"""`orchestrate pick`."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened
from orchestrator.cli.show import shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from orchestrator.artifacts import LoraWeights
    from orchestrator.cli.opened import Job
    from orchestrator.picking.candidate import Entrant
    from orchestrator.picking.search import Ranked
    from orchestrator.stages.material import Material
    from orchestrator.stages.picked import Picked, Wanted

_ON_SCREEN = 12  # candidates


def run(args: argparse.Namespace) -> int:
    """Train if need be, try all candidates, and say which is the best."""
    from orchestrator.picking.advice import settings
    from orchestrator.preflight import check_webui
    from orchestrator.stages.picked import from_files, pick

    job, given = opened(args.project), from_files(args.lora)
    check_webui(job.project, job.store.root)
    graph = job.graph
    targets = [graph.shots, graph.dataset, *([] if args.only else [graph.train])]
    with made(job, targets, as_json=args.json), shown(as_json=args.json) as progress:
        loras, current = _loras(job, given, only=args.only), _current(job)
        picked = pick(_material(job), loras, _wanted(args), progress, current=current)
    best = picked.ranked[0].candidate
    told = settings(best, current=current, installed=picked.installed)
    tell = _as_json if args.json else _as_text
    print(tell(picked, told, _written(job, picked, told)))
    return 0


def _wanted(args: argparse.Namespace) -> Wanted:
    from orchestrator.stages.picked import Wanted

    return Wanted(args.weights, args.strengths, args.probes, args.price, args.all)


def _loras(job: Job, given: dict[Entrant, LoraWeights], *, only: bool) -> dict[Entrant, LoraWeights]:
    from orchestrator.errors import ProjectError
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.stages.picked import from_training

    trained = {} if only else from_training(artifacts(job.store)(job.graph.train))
    if not (loras := {**trained, **given}):
        raise ProjectError("there is nothing to choose from", remedy="Name a LoRA by --lora.")
    return loras


def _current(job: Job) -> str | None:
    from orchestrator.pipeline.execute import artifacts

    lora = job.graph.lora
    return artifacts(job.store)(lora).content_hash if job.store.finished(lora) else None


def _material(job: Job) -> Material:
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.stages.material import Material
    from orchestrator.stages.shots import survey

    artifact, graph = artifacts(job.store), job.graph
    return Material(
        project=job.project,
        work=job.store.root,
        source=graph.source,
        survey=artifact(survey(graph.shots)),
        style=artifact(graph.dataset),
    )


def _written(job: Job, picked: Picked, settings: str) -> dict[str, str]:
    """Write page and contact sheet beside the project's results, and return where they lie."""
    from orchestrator import files
    from orchestrator.picking.page import page
    from orchestrator.picking.sheet import contact_sheet, rows
    from orchestrator.publish import places

    folder = places(job.project).report.parent
    painted = rows(picked.ranked, picked.probes, picked.sources, picked.pictures)
    text = page(
        job.project.name,
        picked.ranked,
        picked.probes,
        painted,
        strength=picked.strength,
        price=picked.price,
        settings=settings,
    )
    files.write_bytes(folder / "pick.html", text.encode())
    files.write_bytes(folder / "pick.png", contact_sheet(painted, picked.probes))
    return {"page": str(folder / "pick.html"), "sheet": str(folder / "pick.png")}


def _as_json(picked: Picked, settings: str, places: Mapping[str, str]) -> str:
    return json.dumps(
        {
            "event": "result",
            "winner": _told(picked.ranked[0]),
            "settings": settings,
            "installed": picked.installed,
            "probes": picked.probes,
            "candidates": [_told(each) for each in picked.ranked],
            "painted": picked.painted,
            "frames": len(picked.pictures),
            "exhaustive": len(picked.probes) * (len(picked.ranked) + 1),
            **places,
        }
    )


def _told(each: Ranked) -> dict[str, Any]:
    return {
        "lora": each.candidate.lora.name,
        "hash": each.candidate.lora.content_hash,
        "weight": each.candidate.weight,
        "strength": each.candidate.strength,
        "frames": len(each.gains),
        "style_gained": each.gain.style,
        "ssim_lost": each.gain.lost,
        "objective": each.objective,
        "error": each.error,
        "on_front": each.on_front,
    }


def _as_text(picked: Picked, settings: str, places: Mapping[str, str]) -> str:
    every = len(picked.probes) * (len(picked.ranked) + 1)
    lines = [
        _table(picked.ranked[:_ON_SCREEN]),
        f"{len(picked.pictures)} frames painted, {picked.painted} of them now; all on all would be {every}",
        f"the best is {picked.ranked[0].candidate}; in project.yaml:",
        "",
        *(f"    {line}" for line in settings.splitlines()),
        "",
        f"its card says so too: {picked.installed}",
        *(f"{name:<8}{place}" for name, place in places.items()),
    ]
    return "\n".join(lines)


def _table(ranked: Sequence[Ranked]) -> str:
    from rich.console import Console
    from rich.table import Table

    rows = Table(box=None, pad_edge=False)
    for column in ("LoRA", "weight", "strength", "frames", "style gained", "SSIM lost", "objective", "error"):
        rows.add_column(column, justify="left" if column == "LoRA" else "right")
    for each in ranked:
        candidate = each.candidate
        rows.add_row(
            candidate.lora.name,
            f"{candidate.weight:g}",
            f"{candidate.strength:g}",
            str(len(each.gains)),
            f"{each.gain.style:+.1%}",
            f"{each.gain.lost:+.3f}",
            f"{each.objective:+.3f}",
            "" if each.error is None else f"{each.error:.3f}",
        )
    text = io.StringIO()
    # names of files may hold what looks like markup
    Console(file=text, width=110, markup=False, emoji=False).print(rows)
    return text.getvalue().rstrip()
