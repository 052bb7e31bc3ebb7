"""What LoRAs of a project are tried with: frames of its source that none has seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.picking.kept import Kept
from orchestrator.picking.probes import held_out, probes
from orchestrator.stages.auditions import Auditions
from orchestrator.stages.judged import judged_by, measure
from orchestrator.webui.settings import EMBEDDED

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.artifacts import Dataset
    from orchestrator.media.survey import Survey
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.contenders import Contenders
    from orchestrator.stages.source import Source
    from orchestrator.stylization.engine import Look

_FOLDER = "pick"


@dataclass(frozen=True)
class Material:
    """What there is to try with.

    Attributes:
        project: the settings.
        work: the folder for what is neither input nor output.
        source: the frames.
        survey: what the source is like.
        style: the pictures of the style.
    """

    project: Project
    work: Path
    source: Source
    survey: Survey
    style: Dataset

    @property
    def look(self) -> Look:
        """How the project paints."""
        from orchestrator.stylization.webui_engine import look, recipe

        stylize = self.project.stylize
        return look(stylize, recipe(stylize), self.project.style.captions.trigger)


def frames_to_try(material: Material, count: int, progress: Progress) -> tuple[int, ...]:
    """Return indices of frames to try LoRAs on: of shots that were not trained on, where there are any."""
    survey = material.survey
    shots = [range(shot.start, shot.stop) for shot in survey.shots.shots]
    blurred = {frame for span in (*survey.shots.fades, *survey.shots.flashes) for frame in range(*span)}
    usable = {frame for frame, first in enumerate(survey.repeats) if frame == first} - blurred
    apart = held_out(shots, _trained(material))
    if not apart:
        progress.say("every shot of the source was trained on: a LoRA that copies it looks better than it is")
    return probes(apart or shots, usable or set(range(len(survey.repeats))), count)


def _trained(material: Material) -> frozenset[int]:
    """Return the frames of the source that the training pictures were made of."""
    from orchestrator.dataset.build import frames_of
    from orchestrator.dataset.settings import VideoStyle

    style, clip = material.project.style.from_, material.source.clip
    if not isinstance(style, VideoStyle) or style.video.resolve() != clip.footage.path.resolve():
        return frozenset()
    return frozenset(frame - clip.start for frame in frames_of(material.style, style.video.name))


def auditions(material: Material, contenders: Contenders, progress: Progress) -> Auditions:
    """Return what paints and measures such frames. Raises OrchestrateError: the style cannot be measured."""
    from orchestrator.media.decode import one
    from orchestrator.stylization.stylize import work_size

    project, source = material.project, material.source
    size = work_size(project.stylize, source.clip.size)
    painter = contenders.plain[0]
    content: dict[str, Any] = {
        "payload": painter.payload.model_dump(mode="json", exclude={"denoising_strength"}),
        "checkpoint": painter.server.checkpoint,
        "painter": "embedded" if all(webui.url == EMBEDDED for webui in project.webui) else "WebUI",
        "source": source.content,
        "size": size,
    }
    folder = material.work / _FOLDER
    return Auditions(
        look=material.look,
        content=content,
        frames=lru_cache(maxsize=None)(lambda index: one(source.clip, index, size=size)),
        contenders=contenders,
        measure=measure(material.style, folder / "seen", device=project.score.device),
        kept=Kept(folder, judged_by(material.style)),
        progress=progress,
    )
