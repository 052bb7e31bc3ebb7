"""The end of a training that does not get better any more, by what its LoRAs do and not by its loss.

Prechelt, Early Stopping - But When?, 1998: the training goes on beyond the best that was seen, and ends once
some looks in a row brought nothing better; what is kept is the best.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from orchestrator.files import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.progress import Progress


class Judge(Protocol):
    """Says how good a LoRA is."""

    def __call__(self, lora: Path, step: int) -> float:
        """Return the objective of a LoRA as it was at a step; higher is better."""


def exhausted(objectives: Sequence[float], patience: int) -> bool:
    """Tell whether the last `patience` looks brought nothing better than what was seen before.

    Args:
        objectives: of each look, in order.
        patience: at least 1.
    """
    best = max(objectives, default=0.0)
    return bool(objectives) and len(objectives) - 1 - objectives.index(best) >= patience


@dataclass
class Watch:
    """Looks at the LoRAs that a training saves, and keeps the best of them.

    Attributes:
        judge: says how good one is.
        patience: after how many looks in a row without anything better it is enough.
        best: the file to keep the best in.
        progress: told of each look.
        objectives: what came of the looks, by step.
    """

    judge: Judge
    patience: int
    best: Path
    progress: Progress
    objectives: dict[int, float] = field(default_factory=dict)

    def look(self, lora: Path, step: int) -> bool:
        """Judge a LoRA, keep it if it is the best so far, and return whether the training may end.

        Raises:
            OrchestrateError: it cannot be judged, or the disk does not take the copy.
        """
        objective = self.judge(lora, step)
        if not self.objectives or objective > max(self.objectives.values()):
            with storage_errors(self.best):
                shutil.copyfile(lora, self.best)
        self.objectives[step] = objective
        self.progress.say(f"step {step}: objective {objective:+.3f} on held-out frames")
        return exhausted(list(self.objectives.values()), self.patience)

    @property
    def best_step(self) -> int:
        """The step of the best so far; of equal ones, the first."""
        return max(self.objectives, key=lambda step: self.objectives[step])
