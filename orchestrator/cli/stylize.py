"""`orchestrate stylize`: all frames, or some of them once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator.cli import part
from orchestrator.cli.opened import opened
from orchestrator.errors import ProjectError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence
    from orchestrator.cli.opened import Job
    from orchestrator.pipeline.stage import Stage
    from orchestrator.stages.repaint import Repaint

    Said = dict[str, Any]

_SAID = ("seed", "strength", "steps", "cfg_scale", "lora_weight", "prompt")


class _Order(NamedTuple):
    """What is to be painted once more of a layer.

    Attributes:
        start: the layer's first frame in the clip.
        painting: the folder of its whole painting.
        repaint: which frames, and how.
        is_new: whether it was not begun already.
    """

    start: int
    painting: Path
    repaint: Repaint
    is_new: bool


def run(args: argparse.Namespace) -> int:
    """Paint what is not painted yet, and what is to be painted once more."""
    said = {name: value for name in _SAID if (value := getattr(args, name)) is not None}
    if args.undo:
        _undo(opened(args.project))
    elif args.frames:
        _order(opened(args.project), args.frames, said)
    elif said:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in said)
        remedy = "What holds for all frames is set in the project file."
        raise ProjectError(f"{named} goes with --frames", remedy=remedy)
    return part.make("stylize", args.project, as_json=args.json)


def _order(job: Job, frames: str, said: Said) -> None:
    """Write down that some frames are to be painted once more; it is done by whatever makes the frames."""
    from orchestrator.cli.times import frames_in
    from orchestrator.pipeline.lease import lease
    from orchestrator.stages.repaint import record, recorded, sources
    from orchestrator.stylization.changes import changed

    changed(job.project.stylize, said)
    first, last = frames_in(frames, job.graph.source.clip)
    _check_painted(job)
    with lease(job.store.root):
        orders = list(_orders(job, first, last, said))
        due = [each for each in orders if sources(each.painting, each.repaint) is None]
        if not due:
            raise _unpainted(first, last, orders)
        for each in due:
            if each.is_new:
                record(each.painting, (*recorded(each.painting), each.repaint))


def _orders(job: Job, first: int, last: int, said: Said) -> Iterator[_Order]:
    """Yield what is to be painted once more of each layer that shows some of the frames."""
    from orchestrator.stages.repaint import Repaint, next_seed

    number = 1 + _last_order(job)
    for layer, stages in zip(job.graph.arrangement.layers, job.graph.paintings, strict=True):
        start, stop = layer.frames.start, layer.frames.stop
        begin, end = max(first, start) - start, min(last, stop - 1) - start
        if begin > end:
            continue
        latest = job.store.folder(stages[-1])
        wish = Repaint(begin, end, said or {"seed": next_seed(latest, begin)}, number)
        begun = _begun(job, stages, begin, end, said)
        yield _Order(start, job.store.folder(stages[0]), begun or wish, begun is None)


def _begun(
    job: Job, stages: Sequence[Stage[FrameSequence]], begin: int, end: int, said: Said
) -> Repaint | None:
    """Return the wish for the same frames that was cut short, if there is one."""
    from orchestrator.stages.repaint import recorded

    if job.store.finished(stages[-1]):
        return None
    last = recorded(job.store.folder(stages[0]))[-1]
    is_same = (last.first, last.last) == (begin, end) and said in ({}, dict(last.said))
    return last if is_same else None


def _last_order(job: Job) -> int:
    from orchestrator.stages.repaint import recorded

    return max((each.order for painting in _paintings(job) for each in recorded(painting)), default=0)


def _unpainted(first: int, last: int, orders: Sequence[_Order]) -> ProjectError:
    from orchestrator.stages.repaint import sources

    keys = {each.start + key for each in orders for key in sources(each.painting, each.repaint) or ()}
    return ProjectError(
        f"none of the frames {first} to {last} is painted: they follow from frames"
        f" {', '.join(map(str, sorted(keys)))}",
        remedy="Name a stretch with one of these in it.",
    )


def _check_painted(job: Job) -> None:
    if not all(job.store.finished(stages[0]) for stages in job.graph.paintings):
        raise ProjectError(
            "the frames are not all painted yet with these settings",
            remedy="Paint them by `orchestrate stylize` or `run`; what is to be otherwise in some of them is"
            " said along with --frames, and not in the project.",
        )


def _undo(job: Job) -> None:
    """Take the last wish back, in all layers that it concerns."""
    from orchestrator.pipeline.lease import lease
    from orchestrator.stages.repaint import record, recorded

    with lease(job.store.root):
        number = _last_order(job)
        if not number:
            raise ProjectError("no frames were painted once more: there is nothing to undo")
        for painting in _paintings(job):
            if repaints := recorded(painting):
                record(painting, [each for each in repaints if each.order != number])


def _paintings(job: Job) -> list[Path]:
    return [job.store.folder(stages[0]) for stages in job.graph.paintings]
