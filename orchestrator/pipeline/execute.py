"""Makes what is missing, in order, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator.errors import DamagedArtifact, InputError
from orchestrator.pipeline.making import Making
from orchestrator.pipeline.order import needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.pipeline.stage import Made, Stage
    from orchestrator.pipeline.store import Store
    from orchestrator.progress import Progress

A = TypeVar("A")


def execute(targets: Sequence[Stage[Any]], store: Store, progress: Progress) -> list[Stage[Any]]:
    """Make the targets and what they need; return the stages that were made.

    A stage counts as made only once its artifact can be loaded, and after all that it is made from. A stage
    that can follow one under way is begun beside it and never holds it up: if it fails, a line tells so at
    once, and its error is raised when its turn comes.
    """
    stages = needed(targets, store.finished)
    with Making(store, artifacts(store), progress) as making:
        for place, stage in enumerate(stages, start=1):
            making.make(stage, stages[place:])
    return stages


def artifacts(store: Store) -> Made:
    """Return what hands out the artifacts of finished stages.

    It raises DamagedArtifact when the files of one were changed or taken away.
    """

    def made(stage: Stage[A]) -> A:
        folder = store.folder(stage)
        try:
            return stage.load(folder)
        except (OSError, ValueError, LookupError, InputError) as error:
            raise DamagedArtifact(
                f"what stage {stage.name} made is not whole any more",
                where=str(folder),
                remedy="Delete that folder; the next run makes it anew.",
            ) from error

    return made
