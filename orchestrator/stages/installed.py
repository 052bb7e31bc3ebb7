"""The LoRA in the WebUIs that paint.

This is no stage: what a server knows is no artifact of ours, and may be gone tomorrow. So it is done anew,
without harm, whenever something is to be painted.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import ProjectError
from orchestrator.webui.settings import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.artifacts import LoraWeights
    from orchestrator.layers import Layer
    from orchestrator.project import Project
    from orchestrator.stylization.webui_engine import Painter
    from orchestrator.webui.card import LoraCard
    from orchestrator.webui.settings import WebUISettings


@contextmanager
def painting(
    project: Project, work: Path, lora: LoraWeights | None, layer: Layer
) -> Iterator[tuple[Painter, ...]]:
    """Yield the WebUIs, each of which can paint a layer and has its LoRA, if there is one.

    Raises:
        ProjectError: the project does not say where a WebUI keeps its LoRAs, or two of them paint with
            different checkpoints.
        ModelFileError: the LoRA is certainly of another family than a WebUI's checkpoint.
        WebUIError: a WebUI cannot be reached, cannot paint, or does not see the LoRA.
    """
    from orchestrator.stages.fitting import check_fits

    with painting_plainly(project, work, layer) as painters:
        for each in painters:
            check_fits(project.training, each.server.client, each.server.settings.checkpoint, lora)
        if lora is None:
            yield painters
            return
        about = card(project, lora, layer)
        yield tuple(holding(each, lora, work, name=layer.lora, card=about) for each in painters)


@contextmanager
def painting_plainly(project: Project, work: Path, layer: Layer) -> Iterator[tuple[Painter, ...]]:
    """Yield the WebUIs, each of which can paint a layer, with no LoRA. Raises as `painting`."""
    from orchestrator.stylization.webui_engine import Painter, check_alike, recipe
    from orchestrator.webui.opening import opened
    from orchestrator.webui.payloads import as_listed

    payload, model = recipe(layer.settings), str(project.training.base_model)
    painters = []
    with ExitStack() as stack:
        for number, webui in enumerate(project.webui, 1):
            log = _log(work, number)
            server = stack.enter_context(opened(webui, model=model, lora_dir=own_loras(work), log=log))
            painters.append(Painter(server, None, as_listed(payload, server.client)))
        check_alike(painters)
        yield tuple(painters)


def holding(
    painter: Painter, lora: LoraWeights, work: Path, *, name: str, card: LoraCard | None = None
) -> Painter:
    """Return a painter that has a LoRA, which is put into its WebUI's folder where it is not there yet.

    Args:
        painter: a WebUI that can paint.
        lora: what it shall paint with.
        work: the folder for what is neither input nor output.
        name: the start of the LoRA's name there.
        card: what to write beside it.

    Raises:
        WebUIError: the WebUI does not see it.
        StorageError: the folder does not take it.
    """
    from orchestrator.webui.loras import install

    place = lora_folder(painter.server.settings, work)
    return replace(painter, lora=install(lora, place, painter.server.client, name=name, card=card))


def lora_folder(webui: WebUISettings, work: Path) -> Path | str:
    """Return the folder that a WebUI takes its LoRAs from. Raises ProjectError: it is not said."""
    if webui.lora_dir is not None:
        return webui.lora_dir
    if webui.url == EMBEDDED:
        return own_loras(work)
    raise ProjectError(
        f"{webui.url} has a LoRA folder of its own, and the project does not name it",
        where="webui.lora_dir",
        remedy="Set it to the folder that this WebUI takes its LoRAs from, often models/Lora.",
    )


def own_loras(work: Path) -> Path:
    """Return the folder that the embedded WebUI takes its LoRAs from."""
    return work / "loras"


def _log(work: Path, number: int) -> Path:
    return work / ("webui.log" if number == 1 else f"webui-{number}.log")


def card(project: Project, lora: LoraWeights, layer: Layer) -> LoraCard:
    """Return what a WebUI shows beside a layer's LoRA."""
    from orchestrator.dataset.settings import ReadyStyle
    from orchestrator.stylization.settings import TRIGGER
    from orchestrator.webui.card import LoraCard

    is_ready = layer.style is not None and isinstance(project.styles[layer.style], ReadyStyle)
    origin = "Brought along" if is_ready else "Trained by orchestrate"
    model, settings = Path(project.training.base_model).name, layer.settings
    prompt = settings.prompt.replace(TRIGGER, layer.trigger)
    return LoraCard(
        activation_text=layer.trigger,
        preferred_weight=settings.lora_weight.value or 1.0,
        description=f"{origin} for the project {project.name}.",
        notes=f"Base model: {model}. Used with the prompt '{prompt}' and {settings.payload}.",
        preview=lora.preview,
    )
