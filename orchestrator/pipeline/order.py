"""What comes before what."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orchestrator.pipeline.stage import Stage


def ordered(targets: Iterable[Stage[Any]]) -> list[Stage[Any]]:
    """Return the targets and all that they are made from, each after its inputs."""
    return _sorted(targets, lambda stage: stage.inputs)


def needed(targets: Iterable[Stage[Any]], finished: Callable[[Stage[Any]], bool]) -> list[Stage[Any]]:
    """Return what must be made for the targets, each after its inputs; a finished stage needs nothing."""
    missing = _sorted(targets, lambda stage: () if finished(stage) else stage.inputs)
    return [stage for stage in missing if not finished(stage)]


def _sorted(
    targets: Iterable[Stage[Any]], inputs: Callable[[Stage[Any]], tuple[Stage[Any], ...]]
) -> list[Stage[Any]]:
    stages: dict[str, Stage[Any]] = {}
    graph: TopologicalSorter[str] = TopologicalSorter()
    waiting = list(targets)
    while waiting:
        stage = waiting.pop(0)
        if stage.key not in stages:
            stages[stage.key] = stage
            graph.add(stage.key, *(each.key for each in inputs(stage)))
            waiting.extend(inputs(stage))
    return [stages[key] for key in graph.static_order()]
