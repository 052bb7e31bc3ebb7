from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.errors import TrainerError
from orchestrator.files import write_bytes, write_json
from orchestrator.process import running
from orchestrator.training import configs
from orchestrator.training.progress_lines import NoData, Step, parse
from orchestrator.training.trainer import TRAINERS
from orchestrator.training.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.artifacts import Dataset, LoraWeights
    from orchestrator.process import Child, Program
    from orchestrator.progress import Progress, Task
    from orchestrator.training.progress_lines import Event
    from orchestrator.training.settings import TrainingSettings

Losses = tuple[tuple[int, float], ...]

CONFIG, DATASET_CONFIG, LOG, LOSSES = "config.toml", "dataset.toml", "trainer.log", "losses.json"
CHECKPOINTS = "checkpoints"


def train(settings: TrainingSettings, dataset: Dataset, folder: Path, progress: Progress) -> LoraWeights:
    """Train a LoRA, and return it once it is known to be usable.

    Into `folder` come the trainer's two TOML files, its whole output, its checkpoints, the losses, and at
    last the LoRA, which is named after the trigger word.

    Raises:
        PresetError, ModelFileError: as `orchestrator.training.configs.config`; nothing was started.
        TrainerError: the trainer failed, or left no LoRA.
        LoraError: what it left is of no use.
    """
    output = folder.absolute() / CHECKPOINTS / f"{dataset.trigger}.safetensors"
    arguments = configs.config(settings, output_dir=output.parent, output_name=output.stem)
    pictures = configs.absolute_datasets(dataset.config.read_text(encoding="utf-8"), dataset.folder)
    config, dataset_config = folder.absolute() / CONFIG, folder.absolute() / DATASET_CONFIG
    write_bytes(config, configs.toml(arguments).encode())
    write_bytes(dataset_config, pictures.encode())
    program = TRAINERS[settings.trainer].program(settings, config=config, dataset_config=dataset_config)
    weights = follow(program, output, log=folder / LOG, progress=progress)
    write_json(folder / LOSSES, weights.losses)
    return replace(weights, file=output.replace(folder / output.name))


def follow(program: Program, output: Path, *, log: Path, progress: Progress) -> LoraWeights:
    """Run a trainer that will leave the LoRA `output`, and check that it did.

    Raises:
        TrainerError: it ended with another exit code than 0, or without leaving `output`.
        LoraError: as `orchestrator.training.verify.verify`.
    """
    output.unlink(missing_ok=True)  # what is there afterwards is new
    log.unlink(missing_ok=True)
    with progress.task("training", unit="step") as task, running(program, log=log) as child:
        losses = _losses(child, task, log)
    if child.returncode != 0:
        raise _failed(f"the trainer stopped with exit code {child.returncode}", child, log)
    if not output.is_file():
        raise _failed(f"the trainer ended well, but left no {output.name}", child, log)
    return replace(verify(output), losses=losses)


def _losses(child: Child, task: Task, log: Path) -> Losses:
    """Follow a trainer to its end; return the last loss told for each step."""
    losses: dict[int, float] = {}
    for piece in child.lines():
        event = parse(piece)
        _show(event, task)
        if isinstance(event, Step) and event.loss is not None and math.isfinite(event.loss):
            losses[event.step] = event.loss
        if isinstance(event, NoData):
            raise _failed("the trainer found no pictures in the training set", child, log)
    return tuple(sorted(losses.items()))


def _show(event: Event | None, task: Task) -> None:
    if isinstance(event, Step):
        loss = "" if event.loss is None else f"loss {event.loss:.3g}"
        task.reach(event.step, total=event.total, note=loss)


def _failed(what: str, child: Child, log: Path) -> TrainerError:
    tail = "\n".join(f"  | {line}" for line in child.tail[-15:])
    return TrainerError(f"{what}; its last lines:\n{tail}", where=str(log), remedy="The whole log is there.")
