"""The painted frames."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator import files
from orchestrator.artifacts import FrameSequence, LoraWeights
from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.source import Source

_FILE = "frames.json"


def stylize(
    project: Project,
    work: Path,
    source: Source,
    model: str,
    shots: Stage[tuple[int, ...]],
    train: Stage[LoraWeights],
) -> Stage[FrameSequence]:
    """Return the stage whose artifact is the painted frames; each finished frame is kept, whatever happens.

    Args:
        project: how and by what they are painted.
        work: where the embedded WebUI finds its LoRAs and leaves its log.
        source: the frames to paint over.
        model: digest of the base model, with which the embedded WebUI paints.
        shots: where shots begin.
        train: the LoRA.
    """
    from orchestrator.stylization.webui_engine import recipe

    settings = project.stylize
    payload = recipe(settings)

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.media.decode import frames
        from orchestrator.stages.installed import painting
        from orchestrator.stylization.stylize import stylize as paint_all
        from orchestrator.stylization.webui_engine import WebUIEngine

        with painting(project, work, made(train)) as (client, lora):
            engine = WebUIEngine(client, payload, lora, checkpoint=project.webui.checkpoint)
            painted = paint_all(
                frames(source.clip), engine, folder, settings, made(shots), progress, count=source.clip.count
            )
        files.write_json(folder / _FILE, {"count": painted.count})

    content: dict[str, Any] = {
        **settings.model_dump(
            mode="json", exclude={"payload", "strength", "steps", "cfg_scale", "negative_prompt"}
        ),
        "payload": payload.model_dump(mode="json"),
        "trigger": project.style.captions.trigger,
        "checkpoint": project.webui.checkpoint or model,
        "source": source.content,
    }
    return Stage("stylize", 1, content, (shots, train), build, load, resumes=True)


def load(folder: Path) -> FrameSequence:
    """Return the frames."""
    count = json.loads((folder / _FILE).read_text(encoding="utf-8"))["count"]
    return FrameSequence(folder / "frames", count)
