"""Project → stages: the whole data flow on one screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.dataset.folder import used
from orchestrator.dataset.settings import VideoStyle
from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.stages.checkpoint import checkpoint
from orchestrator.stages.dataset import dataset
from orchestrator.stages.encode import encode
from orchestrator.stages.jury import jury
from orchestrator.stages.measure import measure
from orchestrator.stages.report import report
from orchestrator.stages.shots import shots
from orchestrator.stages.source import Source
from orchestrator.stages.stylize import stylize
from orchestrator.stages.train import train

if TYPE_CHECKING:
    from orchestrator.artifacts import Dataset, FrameSequence, LoraWeights, Measurements
    from orchestrator.pipeline.remembered import Digests
    from orchestrator.pipeline.stage import Stage
    from orchestrator.project import Project

# The model that ships is known by its place: the embedded programs are reached as programs, never imported.
POCKET = Path(__file__).parent / "embedded" / "pocket" / "weights"


@dataclass(frozen=True)
class Graph:
    """The stages of one project, in the order of a run."""

    source: Source
    shots: Stage[tuple[int, ...]]
    dataset: Stage[Dataset]
    train: Stage[LoraWeights]
    lora: Stage[LoraWeights]  # of the training, what is used
    stylize: Stage[FrameSequence]
    encode: Stage[Path]
    measure: Stage[Measurements]
    report: Stage[Path]

    @property
    def targets(self) -> tuple[Stage[Any], ...]:
        """What a whole run makes."""
        return (self.lora, self.encode, self.measure, self.report)


def assemble(project: Project, work: Path, digests: Digests) -> Graph:
    """Return a project's stages; its files are looked at, and nothing is made.

    Args:
        project: the settings.
        work: the folder for what is neither input nor output; it lies in the project's.
        digests: of the files that the project names.

    Raises:
        InputError: a file that the project names cannot be used.
    """
    clip = cut(probe(project.source.video), project.source.start, project.source.end)
    source = Source(clip, digests.of_file(project.source.video))
    style = project.style.from_
    if isinstance(style, VideoStyle):
        look = digests.of_file(style.video)
    else:
        look = digests.of_files(used(style.images), style.images)
    model = digests.of_path(
        POCKET if project.training.base_model == "pocket" else Path(project.training.base_model)
    )

    networks = {name: digests.of_path(path) for name, path in project.score.files.items()}

    cuts = shots(source)
    pictures = dataset(project.style, look, project.training.seed)
    parts = {name: digests.of_path(file) for name, file in project.training.files().items()}
    judges = jury(project, work, source, cuts, pictures)
    training = train(project.training, model, parts, pictures, judges)
    lora = checkpoint(training, project.training.step)
    frames = stylize(project, work, source, cuts, lora)
    video = encode(project.output, source, frames)
    scores = measure(project.score, networks, source, cuts, pictures, frames)
    hashes = {"source video": source.digest, "style": look, "base model": model}
    page = report(project, work.parent, hashes, source, cuts, lora, frames, scores)
    return Graph(source, cuts, pictures, training, lora, frames, video, scores, page)
