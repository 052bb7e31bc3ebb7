"""Judges a LoRA while it is trained, by what the project's WebUIs paint with it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.artifacts import LoraWeights
from orchestrator.layers import own, timeline
from orchestrator.picking.candidate import Candidate, Entrant
from orchestrator.picking.objective import gain, mean, objective
from orchestrator.picking.search import Trial
from orchestrator.safetensors_file import content_hash
from orchestrator.stages.auditions import auditions
from orchestrator.stages.contenders import Contenders
from orchestrator.stages.material import Material, frames_to_try
from orchestrator.stages.shots import survey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from orchestrator.artifacts import Dataset
    from orchestrator.pipeline.stage import Made, Stage
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.auditions import Auditions
    from orchestrator.stages.source import Source
    from orchestrator.training.early_stop import Judge


@dataclass(frozen=True)
class Jury:
    """Paints a few held-out frames of the source with each LoRA, as the project paints.

    Attributes:
        project: the settings.
        work: the folder for what is neither input nor output.
        source: the frames.
        shots: where shots begin.
        dataset: the pictures of the style.
        probes: on how many frames a LoRA is judged.
        patience: after how many looks in a row without anything better it is enough.
    """

    project: Project
    work: Path
    source: Source
    shots: Stage[tuple[int, ...]]
    dataset: Stage[Dataset]
    probes: int
    patience: int

    @property
    def inputs(self) -> tuple[Stage[Any], ...]:
        """The stages that it needs besides the pictures of the style."""
        return (self.shots,)

    @property
    def content(self) -> Mapping[str, Any]:
        """What decides its judgements, as JSON."""
        from orchestrator.stylization.course import course
        from orchestrator.stylization.webui_engine import recipe

        layer = own(self.project, range(self.source.clip.count))
        payload = recipe(layer.settings)
        return {
            **asdict(course(layer.settings, payload, layer.trigger, timeline(self.source.clip)).of_first),
            "payload": payload.model_dump(mode="json"),
            **layer.settings.model_dump(mode="json", include={"size", "tiles", "letterbox"}),
            "checkpoint": self.project.webui[0].checkpoint,
            "source": self.source.content,
            "probes": self.probes,
            "patience": self.patience,
        }

    @contextmanager
    def at_work(self, made: Made, progress: Progress) -> Iterator[Judge]:
        """Yield the judge, with the WebUIs ready; its LoRAs go from their folders, whatever happens.

        Raises:
            OrchestrateError: there is nothing to paint with.
        """
        from orchestrator.stages.installed import painting_plainly

        seen, style = made(survey(self.shots)), made(self.dataset)
        material = Material(self.project, self.work, self.source, seen, style)
        frames = frames_to_try(material, self.probes, progress)
        loras: dict[Entrant, LoraWeights] = {}
        with painting_plainly(self.project, self.work, material.layer) as plain:
            contenders = Contenders(material, loras, plain)
            studio = auditions(material, contenders, progress)

            def judge(lora: Path, step: int) -> float:
                entrant = Entrant(f"step {step}", content_hash(lora), step)
                loras[entrant] = LoraWeights(lora, entrant.content_hash)
                return _objective(studio, entrant, frames)

            try:
                yield judge
            finally:
                contenders.withdraw(loras)


def _objective(studio: Auditions, lora: Entrant, frames: Sequence[int]) -> float:
    """Return what a LoRA is worth at the project's own weight and strength."""
    candidate = Candidate(lora, studio.look.lora_weight, studio.look.strength)
    trials = [Trial(each, frame) for each in (None, candidate) for frame in frames]
    known = studio.measured(trials)
    return objective(mean([gain(known[Trial(candidate, each)], known[Trial(None, each)]) for each in frames]))


def jury(
    project: Project,
    work: Path,
    source: Source,
    shots: Stage[tuple[int, ...]],
    dataset: Stage[Dataset],
) -> Jury | None:
    """Return who judges a project's LoRA while it is trained, if that is wanted."""
    wanted = project.training.early_stop
    if wanted is None:
        return None
    return Jury(project, work, source, shots, dataset, wanted.probes, wanted.patience)
