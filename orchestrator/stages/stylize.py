"""The painted frames."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator import files
from orchestrator.artifacts import FrameSequence, LoraWeights
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.stages.shots import survey
from orchestrator.webui.settings import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.layers import Layer
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.source import Source
    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.webui.payloads import Payload

_FILE = "frames.json"
# what settings say of painting beside prompts, and beside numbers that go into the payload
_SAID = {
    "seed", "lora_weight", "controlnet_weights", "upscaler", "tiles", "every", "letterbox", "consistency"
}  # fmt: skip
_FRAMES = "frames"


def stylize(
    project: Project,
    layer: Layer,
    work: Path,
    source: Source,
    shots: Stage[tuple[int, ...]],
    train: Stage[LoraWeights],
    raft: str | None = None,
    model: str | None = None,
) -> Stage[FrameSequence]:
    """Return the stage whose artifact is a layer's frames; each finished frame is kept, whatever happens.

    Args:
        project: by what they are painted.
        layer: which frames, and how.
        work: where the embedded WebUI finds its LoRAs and leaves its log.
        source: the whole clip.
        shots: where its shots begin.
        train: the LoRA; one that was trained here also stands for the base model that the embedded WebUI
            paints with.
        raft: digest of the model that measures motion; None for OpenCV's way.
        model: digest of that base model, where the LoRA does not stand for it.
    """
    from orchestrator.stages.fitting import native_side
    from orchestrator.stylization.webui_engine import recipe

    settings, payload, clip = layer.settings, recipe(layer.settings), source.clip.part(layer.frames)
    native = native_side(project.training)
    embedded = all(webui.url == EMBEDDED for webui in project.webui)

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.layers import timeline
        from orchestrator.stages.installed import painting
        from orchestrator.stylization import batch
        from orchestrator.stylization.canvas import Canvas
        from orchestrator.stylization.course import course
        from orchestrator.stylization.rehearsal import rehearse
        from orchestrator.stylization.sizes import sizes
        from orchestrator.stylization.stylize import stylize as paint_all
        from orchestrator.stylization.webui_engine import WebUIEngine, fastest_batch

        whole = course(settings, payload, layer.trigger, timeline(source.clip))
        looks, outline = whole.part(layer.frames), made(survey(shots)).part(layer.frames)
        box = outline.picture if settings.letterbox == "keep" else None
        with painting(project, work, made(train), layer) as painters:
            rehearse(painters, looks.boldest)
            size = sizes(settings, Canvas(clip.size, box), native)
            servers = [painter.server for painter in painters]
            size.rehearse(servers)
            together = batch.settled(
                folder,
                project.webui[0].batch,
                clip.count,
                lambda: fastest_batch(painters, size.requested, looks.of_first),
            )
            engine = WebUIEngine(painters, batch=together, tell=progress.say)
            painted = paint_all(
                clip,
                size.in_front(engine, servers, progress.say),
                folder,
                looks,
                settings.model_copy(update={"size": size.given}),
                cuts=outline.cuts,
                repeats=outline.repeats,
                picture=box,
                progress=progress,
            )
        files.write_json(folder / _FILE, {"count": painted.count})

    content: dict[str, Any] = {
        **_asked_for(settings, payload, layer),
        **({"raft": raft} if raft else {}),
        **({"model": model} if model and embedded else {}),
        "payload": payload.model_dump(mode="json"),
        "size": settings.size or {"native": native},
        "painter": "embedded" if embedded else "WebUI",
        "checkpoint": project.webui[0].checkpoint,
        "source": source.content,
    }

    def under_way(folder: Path, ended: Callable[[], bool]) -> FrameSequence:
        return FrameSequence(folder / _FRAMES, clip.count, ended)

    return Stage(layer.name, 2, content, (shots, train), build, load, resumes=True, under_way=under_way)


def _asked_for(settings: StylizeSettings, payload: Payload, layer: Layer) -> dict[str, Any]:
    """Return what decides how frames are painted, and not what the payload says already."""
    from orchestrator.stylization.settings import TRIGGER

    numbers = {"strength": settings.strength, "steps": settings.steps, "cfg_scale": settings.cfg_scale}
    changing = {
        name: schedule.written() for name, schedule in numbers.items() if schedule and schedule.value is None
    }
    prompts = {"prompt": settings.prompt, "negative_prompt": payload.negative_prompt}
    return {
        **{name: prompt.replace(TRIGGER, layer.trigger) for name, prompt in prompts.items()},
        **settings.model_dump(mode="json", include=_SAID, exclude={"consistency": {"raft"}}),
        **changing,
        "frames": [layer.frames.start, layer.frames.stop],
    }


def load(folder: Path) -> FrameSequence:
    """Return the frames."""
    count = json.loads((folder / _FILE).read_text(encoding="utf-8"))["count"]
    return FrameSequence(folder / _FRAMES, count)
