"""`orchestrate stylize`: all frames, or some of them once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.cli import part
from orchestrator.cli.opened import opened

if TYPE_CHECKING:
    import argparse

    from orchestrator.cli.opened import Job

_SAID = ("seed", "strength", "steps", "cfg_scale", "lora_weight", "prompt")


def run(args: argparse.Namespace) -> int:
    """Paint what is not painted yet, and what is to be painted once more."""
    said = {name: value for name in _SAID if (value := getattr(args, name)) is not None}
    if args.undo:
        _undo(opened(args.project))
    elif args.frames:
        _order(opened(args.project), args.frames, said)
    elif said:
        _refuse(said)
    return part.make("stylize", args.project, as_json=args.json)


def _order(job: Job, frames: str, said: dict[str, Any]) -> None:
    """Write down that some frames are to be painted once more; it is done by whatever makes the frames."""
    from orchestrator.cli.times import frames_in
    from orchestrator.pipeline.lease import lease
    from orchestrator.stages.repaint import Repaint, check, next_seed, record, recorded
    from orchestrator.stylization.changes import changed

    changed(job.project.stylize, said)
    first, last = frames_in(frames, job.graph.source.clip)
    whole, latest = job.graph.paintings[0], job.graph.paintings[-1]
    _check_painted(job)
    with lease(job.store.root):
        painting = job.store.folder(whole)
        before = recorded(painting)
        if not job.store.finished(latest) and _is_same(before[-1], first, last, said):
            return  # it was begun, and goes on
        seed = next_seed(job.store.folder(latest), first)
        repaint = Repaint(first, last, said or {"seed": seed})
        check(painting, repaint)
        record(painting, (*before, repaint))


def _check_painted(job: Job) -> None:
    from orchestrator.errors import ProjectError

    if not job.store.finished(job.graph.paintings[0]):
        raise ProjectError(
            "the frames are not all painted yet with these settings",
            remedy="Paint them by `orchestrate stylize` or `run`; what is to be otherwise in some of them is"
            " said along with --frames, and not in the project.",
        )


def _is_same(begun: Any, first: int, last: int, said: dict[str, Any]) -> bool:
    asked = said or {"seed": begun.said.get("seed")}
    return (begun.first, begun.last, dict(begun.said)) == (first, last, asked)


def _undo(job: Job) -> None:
    from orchestrator.errors import ProjectError
    from orchestrator.pipeline.lease import lease
    from orchestrator.stages.repaint import record, recorded

    painting = job.store.folder(job.graph.paintings[0])
    with lease(job.store.root):
        before = recorded(painting)
        if not before:
            raise ProjectError("no frames were painted once more: there is nothing to undo")
        record(painting, before[:-1])


def _refuse(said: dict[str, Any]) -> None:
    from orchestrator.errors import ProjectError

    named = ", ".join(f"--{name.replace('_', '-')}" for name in said)
    raise ProjectError(
        f"{named} goes with --frames", remedy="What holds for all frames is set in the project file."
    )
