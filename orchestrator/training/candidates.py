"""The LoRAs that a training saved on its way: an earlier one may be the better one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import ModelFileError
from orchestrator.safetensors_file import header
from orchestrator.training.sd_scripts import states

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME = re.compile(r"-(?P<step>step)?(?P<count>\d+)$")


@dataclass(frozen=True)
class Candidate:
    """A LoRA as it was at one step.

    Attributes:
        file: where it is.
        step: steps trained, counted from the very beginning.
        loss: moving average of the loss at that step; None where it was not told.
    """

    file: Path
    step: int
    loss: float | None


def candidates(checkpoints: Path, name: str, per_epoch: int, losses: Mapping[int, float]) -> list[Candidate]:
    """Return what was saved whole before the end, by step; of two of the same step the later one.

    Args:
        checkpoints: where a training saved; what went on from step S saved in `from-S` below it.
        name: of the LoRA.
        per_epoch: steps in an epoch.
        losses: by step.
    """
    found = {
        _step(file, start, per_epoch): file
        for start, place in states.places(checkpoints)
        for file in sorted(place.glob(f"{name}-*.safetensors"))
        if _NAME.search(file.stem) and _is_whole(file)
    }
    return [Candidate(file, step, losses.get(step)) for step, file in sorted(found.items())]


def _is_whole(file: Path) -> bool:
    """Tell a LoRA from what a trainer leaves that was ended while it saved."""
    try:
        header(file)
    except ModelFileError:
        return False
    return True


def _step(file: Path, start: int, per_epoch: int) -> int:
    """Return the step of `NAME-000002` (an epoch) or `NAME-step00000500` (counted from `start`)."""
    named = _NAME.search(file.stem)
    assert named is not None, "only files with such names are asked about"
    count = int(named["count"])
    return start + count if named["step"] else count * per_epoch
