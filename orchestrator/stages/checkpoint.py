"""The LoRA that is used: the training's last, or as it was at an earlier step."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator import files
from orchestrator.artifacts import LoraWeights
from orchestrator.errors import ProjectError
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.safetensors_file import content_hash
from orchestrator.stages import train

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.progress import Progress

_CANDIDATES = "candidates.json"


@dataclass(frozen=True)
class Saved:
    """What a training left.

    Attributes:
        step: after which it was saved.
        lora: the LoRA.
    """

    step: int
    lora: LoraWeights


def checkpoint(training: Stage[LoraWeights], step: int | None) -> Stage[LoraWeights]:
    """Return the stage whose artifact is the LoRA as it was at a step: of None, the training itself.

    Args:
        training: the stage that trains.
        step: one of those at which the training saved.
    """
    if step is None:
        return training

    def build(folder: Path, made: Made, progress: Progress) -> None:
        del progress
        last = made(training)
        shutil.copyfile(_at(step, saved(last)).file, folder / last.file.name)
        if last.preview is not None:
            shutil.copyfile(last.preview, folder / last.preview.name)
        losses = [each for each in last.losses if each[0] <= step]
        files.write_json(folder / train.LOSSES, losses)

    return Stage("checkpoint", 1, {"step": step}, (training,), build, train.load)


def saved(last: LoraWeights) -> tuple[Saved, ...]:
    """Return what a training saved, by step, what it ended with at the end.

    Args:
        last: the training's artifact.
    """
    folder = last.file.parent
    rows = json.loads((folder / _CANDIDATES).read_text(encoding="utf-8"))
    earlier = [Saved(row["step"], _weights(folder / row["file"], last)) for row in rows]
    if any(each.lora.content_hash == last.content_hash for each in earlier):
        return tuple(earlier)  # the training ended early, and kept its best
    return (*earlier, Saved(max(step for step, _ in last.losses), last))


def _weights(file: Path, last: LoraWeights) -> LoraWeights:
    return LoraWeights(file, content_hash(file), preview=last.preview)


def _at(step: int, saved: tuple[Saved, ...]) -> LoraWeights:
    for each in saved:
        if each.step == step:
            return each.lora
    steps = ", ".join(str(each.step) for each in saved)
    raise ProjectError(
        f"the training kept no LoRA of step {step}; there are {steps}",
        where="training.step",
        remedy="Choose one of these, or set save_every_n_steps in training.overrides.",
    )
