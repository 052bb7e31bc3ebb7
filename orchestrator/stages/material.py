"""What LoRAs of a project are tried with: frames of its source that none has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.layers import own, timeline
from orchestrator.picking.probes import held_out, probes
from orchestrator.stages.fitting import native_side
from orchestrator.stylization.canvas import Canvas
from orchestrator.stylization.course import course
from orchestrator.stylization.settings import LANCZOS
from orchestrator.stylization.sizes import sizes
from orchestrator.stylization.webui_engine import recipe

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.artifacts import Dataset
    from orchestrator.layers import Layer
    from orchestrator.media.survey import Survey
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.source import Source
    from orchestrator.stylization.engine import Look


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

    @cached_property
    def layer(self) -> Layer:
        """The project's own look, throughout the clip."""
        return own(self.project, range(self.source.clip.count))

    @cached_property
    def look(self) -> Look:
        """How the project paints; what changes in its course is as it is at the first frame."""
        settings = self.layer.settings
        times = timeline(self.source.clip)
        return course(settings, recipe(settings), self.layer.trigger, times).of_first

    @cached_property
    def canvas(self) -> Canvas:
        """The part of a frame that is painted, and at which size; nothing enlarges it."""
        settings = self.layer.settings.model_copy(update={"upscaler": LANCZOS})
        box = self.survey.picture if settings.letterbox == "keep" else None
        whole = Canvas(self.source.clip.size, box)
        return replace(whole, wanted=sizes(settings, whole, native_side(self.project.training)).painted)


def frames_to_try(material: Material, count: int, progress: Progress) -> tuple[int, ...]:
    """Return indices of frames to try LoRAs on: of shots that were not trained on, where there are any."""
    survey = material.survey
    blurred = {frame for span in (*survey.shots.fades, *survey.shots.flashes) for frame in range(*span)}
    every = set(range(len(survey.repeats)))
    usable = {frame for frame in every if frame == survey.repeats[frame]} - blurred or every
    shots = [range(shot.start, shot.stop) for shot in survey.shots.shots]
    shots = [shot for shot in shots if not usable.isdisjoint(shot)]
    apart = held_out(shots, _trained(material))
    if not apart:
        progress.say("every shot of the source was trained on: a LoRA that copies it looks better than it is")
    return probes(apart or shots, usable, count)


def _trained(material: Material) -> frozenset[int]:
    """Return the frames of the source that the training pictures were made of."""
    from orchestrator.dataset.build import frames_of
    from orchestrator.dataset.settings import VideoStyle

    style, clip = material.project.style.from_, material.source.clip
    if not isinstance(style, VideoStyle) or style.video.resolve() != clip.footage.path.resolve():
        return frozenset()
    return frozenset(frame - clip.start for frame in frames_of(material.style, style.video.name))
