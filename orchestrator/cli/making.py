"""Making stages under the folder's lease, with progress shown."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orchestrator.cli.show import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.cli.opened import Job
    from orchestrator.pipeline.stage import Stage


@contextmanager
def made(job: Job, targets: Sequence[Stage[Any]], *, as_json: bool) -> Iterator[list[str]]:
    """Make the targets; yield the names of the stages that had to be made, the lease still held.

    Raises:
        OrchestrateError: what went wrong; whatever was finished is kept.
    """
    from orchestrator import freed_memory
    from orchestrator.pipeline.execute import execute
    from orchestrator.pipeline.lease import lease
    from orchestrator.pipeline.order import needed
    from orchestrator.preflight import check_ahead

    freed_memory.keep()
    with lease(job.store.root):
        job.digests.keep()
        check_ahead(job.project, job.graph, job.store, needed(targets, job.store.finished))
        with shown(as_json=as_json) as progress:
            stages = execute(targets, job.store, progress)
        yield [stage.name for stage in stages]
