"""The best of several LoRAs, weights and strengths for a project, found by painting frames of its source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.artifacts import LoraWeights
from orchestrator.picking.candidate import Entrant, crossed
from orchestrator.picking.kept import Kept
from orchestrator.picking.objective import PRICE
from orchestrator.picking.probes import held_out, probes
from orchestrator.picking.search import Trial, search
from orchestrator.safetensors_file import content_hash
from orchestrator.stages.auditions import Auditions
from orchestrator.stages.checkpoint import saved
from orchestrator.stages.contenders import Contenders
from orchestrator.stages.judged import judged_by, measure
from orchestrator.webui.settings import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.artifacts import Dataset
    from orchestrator.media.survey import Survey
    from orchestrator.picking.search import Ranked
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.source import Source
    from orchestrator.stylization.engine import Look

    Frame = NDArray[np.uint8]

_WEIGHTS = (0.5, 0.75, 1.0, 1.25)  # of the project's own
_STRENGTHS = (0.75, 1.0, 1.25)
_FOLDER = "pick"


@dataclass(frozen=True)
class Wanted:
    """What is to be tried.

    Attributes:
        weights: of the LoRAs; around the project's own when None.
        strengths: likewise.
        probes: on how many frames.
        price: of structure, in style; see `orchestrator.picking.objective`.
        exhaustive: whether every candidate is tried on every frame.
    """

    weights: tuple[float, ...] | None = None
    strengths: tuple[float, ...] | None = None
    probes: int = 16
    price: float = PRICE
    exhaustive: bool = False


@dataclass(frozen=True)
class Material:
    """What there is to try with.

    Attributes:
        project: the settings.
        work: the folder for what is neither input nor output.
        source: the frames.
        survey: what the source is like.
        style: the pictures of the style.
        loras: what may be chosen.
        current: hash of the LoRA that the project paints with now; None for none.
    """

    project: Project
    work: Path
    source: Source
    survey: Survey
    style: Dataset
    loras: Mapping[Entrant, LoraWeights]
    current: str | None


@dataclass(frozen=True)
class Picked:
    """What came of it.

    Attributes:
        ranked: all candidates, the best first.
        probes: the frames, by their index in the clip.
        sources: these frames, as they are painted over.
        strength: what is painted anew without a LoRA.
        price: of structure.
        pictures: where the painted frames lie.
        painted: how many were painted now.
        installed: what the winner is called in prompts.
    """

    ranked: tuple[Ranked, ...]
    probes: tuple[int, ...]
    sources: tuple[Frame, ...]
    strength: float
    price: float
    pictures: Mapping[Trial, Path]
    painted: int
    installed: str


def from_training(last: LoraWeights) -> dict[Entrant, LoraWeights]:
    """Return the LoRAs that a training saved, from its artifact."""
    return {
        Entrant(f"step {each.step}", each.lora.content_hash, each.step): each.lora for each in saved(last)
    }


def from_files(given: Sequence[Path]) -> dict[Entrant, LoraWeights]:
    """Return LoRAs of any trainer. Raises ModelFileError: a file is none."""
    loras = [LoraWeights(file, content_hash(file)) for file in given]
    return {Entrant(each.file.stem, each.content_hash): each for each in loras}


def pick(material: Material, wanted: Wanted, progress: Progress) -> Picked:
    """Find the best candidate, and write into its card the weight that it is best used with.

    LoRAs that came into a WebUI's folder for this go again, but for the winner and the one that the project
    paints with.

    Raises:
        OrchestrateError: a WebUI failed, or a LoRA cannot be used. What was painted is kept.
    """
    from orchestrator.stages.installed import painting_plainly
    from orchestrator.stylization.rehearsal import rehearse
    from orchestrator.stylization.webui_engine import look, recipe

    project = material.project
    style = look(project.stylize, recipe(project.stylize), project.style.captions.trigger)
    frames = _probes(material, wanted.probes, progress)
    candidates = crossed(tuple(material.loras), *_grid(style, wanted))
    with painting_plainly(project, material.work) as plain:
        rehearse(plain, replace(style, lora_weight=0.0))
        contenders = Contenders(project, material.work, style, material.loras, plain)
        auditions = _auditions(material, style, contenders, progress)
        ranked = search(
            candidates, frames, auditions.measured, price=wanted.price, exhaustive=wanted.exhaustive
        )
        best = ranked[0].candidate
        installed = contenders.conclude(best.lora, best.weight, material.current)
    return Picked(
        ranked=ranked,
        probes=frames,
        sources=tuple(map(auditions.frames, frames)),
        strength=style.strength,
        price=wanted.price,
        pictures={each: auditions.picture(each) for each in _trials(ranked, frames)},
        painted=auditions.painted,
        installed=installed.name,
    )


def _trials(ranked: Sequence[Ranked], frames: Sequence[int]) -> Iterator[Trial]:
    yield from (Trial(None, frame) for frame in frames)
    for each in ranked:
        yield from (Trial(each.candidate, frame) for frame in frames[: len(each.gains)])


def _grid(style: Look, wanted: Wanted) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the weights and strengths to try."""
    weights = tuple(round(share * (style.lora_weight or 1), 3) for share in _WEIGHTS)
    strengths = tuple(min(round(share * style.strength, 3), 1.0) for share in _STRENGTHS)
    return wanted.weights or weights, wanted.strengths or strengths


def _probes(material: Material, count: int, progress: Progress) -> tuple[int, ...]:
    """Return the frames to try on: of shots that were not trained on, where there are any."""
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


def _auditions(material: Material, style: Look, contenders: Contenders, progress: Progress) -> Auditions:
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
        look=style,
        content=content,
        frames=lru_cache(maxsize=None)(lambda index: one(source.clip, index, size=size)),
        contenders=contenders,
        measure=measure(material.style, folder / "seen", device=project.score.device),
        kept=Kept(folder, judged_by(material.style)),
        progress=progress,
    )
