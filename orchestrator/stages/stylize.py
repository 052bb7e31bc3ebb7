"""The painted frames."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestrator import files
from orchestrator.artifacts import FrameSequence, LoraWeights
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.webui.settings import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.source import Source

_FILE = "frames.json"
_FRAMES = "frames"


def stylize(
    project: Project,
    work: Path,
    source: Source,
    shots: Stage[tuple[int, ...]],
    train: Stage[LoraWeights],
) -> Stage[FrameSequence]:
    """Return the stage whose artifact is the painted frames; each finished frame is kept, whatever happens.

    Args:
        project: how and by what they are painted.
        work: where the embedded WebUI finds its LoRAs and leaves its log.
        source: the frames to paint over.
        shots: where shots begin.
        train: the LoRA, which also stands for the base model that the embedded WebUI paints with.
    """
    from orchestrator.stylization.webui_engine import look as look_of
    from orchestrator.stylization.webui_engine import recipe

    settings, trigger = project.stylize, project.style.captions.trigger
    payload = recipe(settings)
    look = look_of(settings, payload, trigger)

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.stages.installed import painting
        from orchestrator.stylization import batch
        from orchestrator.stylization.rehearsal import rehearse
        from orchestrator.stylization.stylize import stylize as paint_all
        from orchestrator.stylization.stylize import work_size
        from orchestrator.stylization.webui_engine import WebUIEngine, fastest_batch

        with painting(project, work, made(train)) as painters:
            rehearse(painters, look)
            size, frames = work_size(settings, source.clip.size), source.clip.count
            together = batch.settled(
                folder, project.webui[0].batch, frames, lambda: fastest_batch(painters, size, look)
            )
            engine = WebUIEngine(painters, batch=together, tell=progress.say)
            painted = paint_all(
                source.clip, engine, folder, look, settings, cuts=made(shots), progress=progress
            )
        files.write_json(folder / _FILE, {"count": painted.count})

    content: dict[str, Any] = {
        **asdict(look),
        "payload": payload.model_dump(mode="json"),
        "size": settings.size,
        "consistency": settings.consistency.model_dump(mode="json"),
        "painter": "embedded" if all(webui.url == EMBEDDED for webui in project.webui) else "WebUI",
        "checkpoint": project.webui[0].checkpoint,
        "source": source.content,
    }

    def under_way(folder: Path, ended: Callable[[], bool]) -> FrameSequence:
        return FrameSequence(folder / _FRAMES, source.clip.count, ended)

    return Stage("stylize", 1, content, (shots, train), build, load, resumes=True, under_way=under_way)


def load(folder: Path) -> FrameSequence:
    """Return the frames."""
    count = json.loads((folder / _FILE).read_text(encoding="utf-8"))["count"]
    return FrameSequence(folder / _FRAMES, count)
