"""What most commands begin with: a project, its stages and what is already made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.assemble import Graph
    from orchestrator.pipeline.remembered import Digests
    from orchestrator.pipeline.store import Store
    from orchestrator.project import Project


@dataclass(frozen=True)
class Job:
    """A project that has been read.

    Attributes:
        project: its settings.
        graph: its stages.
        store: what is made of them.
        digests: of the files that it names.
    """

    project: Project
    graph: Graph
    store: Store
    digests: Digests


def opened(path: Path) -> Job:
    """Read a project and look at its inputs.

    Raises:
        ProjectError, InputError: what is wrong with it or with what it names.
    """
    from orchestrator.assemble import assemble
    from orchestrator.pipeline.remembered import Digests
    from orchestrator.pipeline.store import WORK, Store
    from orchestrator.preflight import check_inputs
    from orchestrator.project import load

    project = load(path)
    work = path.absolute().parent / WORK
    check_inputs(project)
    digests = Digests(work / "digests.json")
    graph = assemble(project, work, digests)
    return Job(project, graph, Store(work), digests)
