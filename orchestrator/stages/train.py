"""The LoRA."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from orchestrator import safetensors_file
from orchestrator.artifacts import Dataset, LoraWeights
from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.progress import Progress
    from orchestrator.stages.jury import Jury
    from orchestrator.training.settings import TrainingSettings

LOSSES = "losses.json"
_PREVIEW = "preview.png"  # what a WebUI shows beside the LoRA


def train(
    settings: TrainingSettings,
    model: str,
    parts: Mapping[str, str],
    dataset: Stage[Dataset],
    jury: Jury | None = None,
    *,
    name: str = "train",
) -> Stage[LoraWeights]:
    """Return the stage whose artifact is the LoRA.

    Args:
        settings: how it is trained.
        model: digest of the base model.
        parts: digests of what it reads beside its pictures and the base model's own file.
        dataset: the stage that makes its training pictures.
        jury: judges the LoRA while it is trained, where the training may end early.
        name: of the stage.
    """
    from orchestrator.training import configs
    from orchestrator.training.settings import SECRETS
    from orchestrator.training.train import train as run_trainer
    from orchestrator.training.trainer import TRAINERS

    def build(folder: Path, made: Made, progress: Progress) -> None:
        with jury.at_work(made, progress) if jury else nullcontext() as judge:
            run_trainer(settings, made(dataset), folder, progress, judge=judge)
        shutil.copyfile(_first_picture(made(dataset)), folder / _PREVIEW)

    arguments = {name: value for name, value in configs.arguments(settings).items() if name not in SECRETS}
    content: dict[str, Any] = {
        "trainer": settings.trainer,
        "arguments": arguments,
        "model": model,
        "seed": settings.seed,
    }
    if parts:
        content["parts"] = dict(parts)
    if settings.class_images is not None:
        content["class_prompt"] = settings.class_images.prompt
    if jury:
        content["early_stop"] = dict(jury.content)
    inputs = (dataset, *jury.inputs) if jury else (dataset,)
    return Stage(name, 1, content, inputs, build, load, resumes=TRAINERS[settings.trainer].resumes)


def load(folder: Path) -> LoraWeights:
    """Read the LoRA back."""
    from orchestrator.training.samples import samples

    (file,) = folder.glob("*.safetensors")
    losses = json.loads((folder / LOSSES).read_text(encoding="utf-8"))
    pairs = tuple((int(step), float(loss)) for step, loss in losses)
    preview = folder / _PREVIEW
    return LoraWeights(
        file,
        safetensors_file.content_hash(file),
        pairs,
        preview if preview.is_file() else None,
        samples(folder),
    )


def _first_picture(dataset: Dataset) -> Path:
    return min(dataset.folder.glob("*/*.png"))
