"""The LoRA in a WebUI that can paint.

This is no stage: what a server knows is no artifact of ours, and may be gone tomorrow. So it is done anew,
without harm, whenever something is to be painted.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.artifacts import LoraWeights
    from orchestrator.project import Project
    from orchestrator.webui.client import Client
    from orchestrator.webui.loras import InstalledLora


@contextmanager
def painting(project: Project, work: Path, lora: LoraWeights) -> Iterator[tuple[Client, InstalledLora]]:
    """Yield a WebUI that can paint, and the LoRA as it knows it.

    Raises:
        ProjectError: the project does not say where the WebUI keeps its LoRAs.
        ModelFileError: the LoRA is certainly of another family than the WebUI's checkpoint.
        WebUIError: the WebUI cannot be reached, cannot paint, or does not see the LoRA.
    """
    from orchestrator.stages.fitting import check_fits
    from orchestrator.webui.loras import LoraCard, install
    from orchestrator.webui.opening import opened

    lora_dir = lora_folder(project, work)
    card = LoraCard(
        activation_text=project.style.captions.trigger,
        preferred_weight=project.stylize.lora_weight,
        description=f"Trained by orchestrate for the project {project.name}.",
    )
    model = str(project.training.base_model)
    with opened(project.webui, model=model, lora_dir=lora_dir, log=work / "webui.log") as client:
        check_fits(project.training, client, project.webui.checkpoint, lora)
        yield client, install(lora, lora_dir, client, name=project.name, card=card)


def lora_folder(project: Project, work: Path) -> Path:
    """Return the folder that the WebUI takes its LoRAs from. Raises ProjectError: it is not said."""
    if project.webui.lora_dir is not None:
        return project.webui.lora_dir
    if project.webui.url == "embedded":
        return work / "loras"
    raise ProjectError(
        "a WebUI that runs on its own has a LoRA folder, and the project does not name it",
        where="webui.lora_dir",
        remedy="Set it to the folder that this WebUI takes its LoRAs from, often models/Lora.",
    )
