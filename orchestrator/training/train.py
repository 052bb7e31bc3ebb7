"""A LoRA from a training set, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.errors import MissingPackage, OutOfMemory, PresetError
from orchestrator.files import write_json
from orchestrator.training import configs, dataset_toml
from orchestrator.training.attempt import CHECKPOINTS, Attempt
from orchestrator.training.cheaper import LADDER
from orchestrator.training.trainer import TRAINERS

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.artifacts import Dataset, LoraWeights
    from orchestrator.progress import Progress
    from orchestrator.training.cheaper import Plan
    from orchestrator.training.early_stop import Judge
    from orchestrator.training.settings import TrainingSettings

LOSSES = "losses.json"


def train(
    settings: TrainingSettings,
    dataset: Dataset,
    folder: Path,
    progress: Progress,
    *,
    judge: Judge | None = None,
) -> LoraWeights:
    """Train a LoRA, and return it once it is known to be usable.

    Into `folder` come the trainer's two TOML files, links to the pictures, its whole output, its checkpoints,
    the losses, and at last the LoRA, which is named after the trigger word. A trainer that keeps states goes
    on from the last whole one that it finds there.

    Args:
        settings: how it is trained.
        dataset: what it is trained on.
        folder: the folder.
        progress: told of everything noteworthy.
        judge: says how good a LoRA is, for `settings.early_stop`; without one, the training goes to its end.

    Raises:
        PresetError, ModelFileError, ProjectError: as `orchestrator.training.trainer.Trainer.arguments`.
        DatasetError, ImageError: the pictures cannot be trained on; nothing was started either.
        TrainerError, DiskFull, MissingPackage: as `orchestrator.training.follow.follow`.
        LoraError: what the trainer left is of no use.
    """
    attempt = Attempt(settings, folder.absolute(), dataset.trigger, judge=judge)
    weights = _tried(attempt, planned(settings, dataset), progress)
    write_json(folder / LOSSES, weights.losses)
    return replace(weights, file=weights.file.replace(folder / f"{dataset.trigger}.safetensors"))


def planned(settings: TrainingSettings, dataset: Dataset) -> Plan:
    """Return the arguments and the dataset TOML's content of a training, once they go together.

    Raises:
        PresetError, ModelFileError, ProjectError, DatasetError: as `train`.
    """
    trainer = TRAINERS[settings.trainer]
    arguments, content = trainer.arguments(settings), _pictures(settings, dataset)
    trainer.check_datasets(settings, dataset_toml.levels(content, arguments))
    return arguments, content


def _pictures(settings: TrainingSettings, dataset: Dataset) -> dict[str, Any]:
    """Return the dataset TOML with absolute folders, and with class images where there are any."""
    content = configs.parsed(dataset.config.read_text(encoding="utf-8"), str(dataset.config))
    dataset_toml.check(content, str(dataset.config))
    content = dataset_toml.with_absolute_folders(content, dataset.folder)
    if settings.class_images is None:
        return content
    return dataset_toml.with_class_images(content, settings.class_images.folder, settings.class_images.prompt)


def _tried(attempt: Attempt, plan: Plan, progress: Progress) -> LoraWeights:
    try:
        return attempt.run(*plan, progress)
    except OutOfMemory as error:
        if attempt.settings.on_oom == "stop":
            raise
        return _down_the_ladder(attempt, plan, progress, error)


def _down_the_ladder(attempt: Attempt, plan: Plan, progress: Progress, last: OutOfMemory) -> LoraWeights:
    """Try ever cheaper settings; each try is told. Raises the last OutOfMemory if none is cheap enough."""
    for name, cheaper in LADDER.items():
        changed = cheaper(*plan)
        if changed is None:
            continue
        progress.say(f"out of GPU memory: trying again with {name}")
        try:
            return replace(attempt, checkpoints=f"{CHECKPOINTS}-{name.replace(' ', '-')}").run(
                *changed, progress
            )
        except OutOfMemory as error:
            last, plan = error, changed
        except (MissingPackage, PresetError) as error:
            progress.say(f"that is not possible: {error.what.splitlines()[0]}")
    raise last
