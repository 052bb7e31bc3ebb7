"""Project → stages: the whole data flow on one screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.dataset.folder import used
from orchestrator.dataset.settings import ReadyStyle, VideoStyle
from orchestrator.layers import arranged, timeline
from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.pipeline.store import Store
from orchestrator.stages.checkpoint import checkpoint
from orchestrator.stages.compose import compose
from orchestrator.stages.dataset import dataset
from orchestrator.stages.encode import encode
from orchestrator.stages.jury import jury
from orchestrator.stages.masks import masks
from orchestrator.stages.measure import measure
from orchestrator.stages.plate import plate
from orchestrator.stages.previews import result_preview, source_preview
from orchestrator.stages.ready import ready
from orchestrator.stages.repaint import recorded, repainted
from orchestrator.stages.report import report
from orchestrator.stages.shots import shots
from orchestrator.stages.source import Source
from orchestrator.stages.stylize import stylize
from orchestrator.stages.train import train

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.artifacts import Dataset, FrameSequence, LoraWeights, Measurements
    from orchestrator.dataset.settings import StyleSettings
    from orchestrator.layers import Arrangement, Layer
    from orchestrator.pipeline.remembered import Digests
    from orchestrator.pipeline.stage import Stage
    from orchestrator.project import Project
    from orchestrator.stages.jury import Jury

# The model that ships is known by its place: the embedded programs are reached as programs, never imported.
POCKET = Path(__file__).parent / "embedded" / "pocket" / "weights"


@dataclass(frozen=True)
class Graph:
    """The stages of one project, in the order of a run.

    Attributes:
        source: the clip.
        shots: where its shots begin.
        dataset: the training pictures of the project's own style.
        train: what trains on them.
        lora: what is used of the training.
        loras: the LoRA of each further style that is used, by the style's name.
        arrangement: the layers.
        paintings: for each layer what paints it, and then each time what paints some of its frames once more.
        masks: of the regions.
        plate: the background of what is pasted, if anything is.
        frames: the whole picture of each frame: the layer, where there is one, else what they compose.
        encode: the video.
        further: its further files.
        measure: how good it is.
        report: the page.
    """

    source: Source
    shots: Stage[tuple[int, ...]]
    dataset: Stage[Dataset]
    train: Stage[LoraWeights]
    lora: Stage[LoraWeights]
    loras: Mapping[str, Stage[LoraWeights]]
    arrangement: Arrangement
    paintings: tuple[tuple[Stage[FrameSequence], ...], ...]
    masks: tuple[Stage[FrameSequence], ...]
    plate: Stage[FrameSequence] | None
    frames: Stage[FrameSequence]
    encode: Stage[Path]
    further: tuple[Stage[Path], ...]
    measure: Stage[Measurements]
    report: Stage[Path]

    @property
    def painted(self) -> tuple[Stage[FrameSequence], ...]:
        """The layers as they are in the end."""
        return tuple(stages[-1] for stages in self.paintings)

    @property
    def targets(self) -> tuple[Stage[Any], ...]:
        """What a whole run makes."""
        return (self.lora, self.encode, *self.further, self.measure, self.report)


def assemble(project: Project, work: Path, digests: Digests) -> Graph:
    """Return a project's stages; its files are looked at, and nothing is made.

    Args:
        project: the settings.
        work: the folder for what is neither input nor output; it lies in the project's.
        digests: of the files that the project names.

    Raises:
        InputError: a file that the project names cannot be used.
        ProjectError: segments or schedules do not fit the clip.
    """
    clip = cut(probe(project.source.video), project.source.start, project.source.end)
    source = Source(clip, digests.of_file(project.source.video))
    look = _look(project.style, digests)
    networks = {name: digests.of_path(path) for name, path in project.score.files.items()}

    cuts = shots(source)
    pictures = dataset(project.style, look, project.training.seed)
    judges = jury(project, work, source, cuts, pictures)
    training = _trained(project, digests, pictures, judges=judges)
    lora = checkpoint(training, project.training.step)
    arrangement = arranged(project, timeline(clip))
    loras = {name: _lora(project, name, digests) for name in arrangement.styles}
    paintings = tuple(
        _painted(project, digests, layer, work, source, cuts, loras[layer.style] if layer.style else lora)
        for layer in arrangement.layers
    )
    painted = [stages[-1] for stages in paintings]
    regions = tuple(masks(*each, digests, source, cuts) for each in enumerate(project.regions))
    background = _plate(project, digests, source, cuts, regions)
    frames = painted[0]
    if not arrangement.plain:
        frames = compose(project, arrangement, source, painted, regions, background)
    video = encode(project.output, source, frames)
    further = tuple(
        encode(each, source, frames, name=f"encode-{number}")
        for number, each in enumerate(project.output.further, 2)
    )
    scores = measure(project.score, networks, source, cuts, pictures, frames)
    hashes = {"source video": source.digest, "style": look, "base model": _model(project, digests)}
    previews = (source_preview(source), result_preview(source, frames))
    named = {f"region {number}": mask for number, mask in enumerate(regions, 1)}
    page = report(project, work.parent, hashes, source, cuts, lora, previews, scores, masks=named)
    return Graph(
        source,
        cuts,
        pictures,
        training,
        lora,
        loras,
        arrangement,
        paintings,
        regions,
        background,
        frames,
        video,
        further,
        scores,
        page,
    )


def _look(style: StyleSettings, digests: Digests) -> str:
    """Return the digest of what a style is learnt from."""
    if isinstance(style.from_, VideoStyle):
        return digests.of_file(style.from_.video)
    return digests.of_files(used(style.from_.images), style.from_.images)


def _model(project: Project, digests: Digests) -> str:
    base = project.training.base_model
    return digests.of_path(POCKET if base == "pocket" else Path(base))


def _trained(
    project: Project,
    digests: Digests,
    pictures: Stage[Dataset],
    *,
    name: str = "train",
    judges: Jury | None = None,
) -> Stage[LoraWeights]:
    parts = {part: digests.of_path(file) for part, file in project.training.files().items()}
    return train(project.training, _model(project, digests), parts, pictures, judges, name=name)


def _lora(project: Project, name: str, digests: Digests) -> Stage[LoraWeights]:
    """Return the stage whose artifact is a further style's LoRA: trained as the first one is, or ready."""
    style = project.styles[name]
    if isinstance(style, ReadyStyle):
        return ready(style.lora, digests.of_file(style.lora), name=f"lora-{name}")
    seed, look = project.training.seed, _look(style, digests)
    pictures = dataset(style, look, seed, name=f"dataset-{name}")
    return _trained(project, digests, pictures, name=f"train-{name}")


def _painted(
    project: Project,
    digests: Digests,
    layer: Layer,
    work: Path,
    source: Source,
    cuts: Stage[tuple[int, ...]],
    lora: Stage[LoraWeights],
) -> tuple[Stage[FrameSequence], ...]:
    flows = project.stylize.consistency.raft
    raft = digests.of_file(flows) if flows else None
    is_ready = layer.style is not None and isinstance(project.styles[layer.style], ReadyStyle)
    model = _model(project, digests) if is_ready else None

    def whole(layer: Layer) -> Stage[FrameSequence]:
        return stylize(project, layer, work, source, cuts, lora, raft, model)

    return repainted(layer, whole, recorded(Store(work).folder(whole(layer))))


def _plate(
    project: Project,
    digests: Digests,
    source: Source,
    cuts: Stage[tuple[int, ...]],
    regions: Sequence[Stage[FrameSequence]],
) -> Stage[FrameSequence] | None:
    """Return the stage that gathers the background of what is pasted, if anything is."""
    pasted = [
        (each.paste, mask)
        for each, mask in zip(project.regions, regions, strict=True)
        if each.paste is not None
    ]
    if not pasted:
        return None
    return plate(pasted[0][0], digests, source, cuts, [mask for _, mask in pasted])
