"""The best of several LoRAs, weights and strengths for a project, found by painting frames of its source."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.artifacts import LoraWeights
from orchestrator.picking.candidate import Entrant, crossed
from orchestrator.picking.objective import PRICE
from orchestrator.picking.search import Trial, search
from orchestrator.safetensors_file import content_hash
from orchestrator.stages.auditions import auditions
from orchestrator.stages.checkpoint import saved
from orchestrator.stages.contenders import Contenders
from orchestrator.stages.material import frames_to_try

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.picking.search import Ranked
    from orchestrator.progress import Progress
    from orchestrator.stages.material import Material
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
    """Return LoRAs of any trainer, by their files' names; where two have the same, with their folders.

    Raises:
        ModelFileError: a file is none.
    """
    often = Counter(file.stem for file in given)
    names = [file.stem if often[file.stem] == 1 else file.with_suffix("").as_posix() for file in given]
    loras = [LoraWeights(file, content_hash(file)) for file in given]
    return {Entrant(name, each.content_hash): each for name, each in zip(names, loras, strict=True)}


def pick(
    material: Material,
    loras: Mapping[Entrant, LoraWeights],
    wanted: Wanted,
    progress: Progress,
    *,
    current: str | None,
) -> Picked:
    """Find the best candidate, and write into its card the weight that it is best used with.

    LoRAs that came into a WebUI's folder for this go again, but for the winner and the one that the project
    paints with.

    Args:
        material: what there is to try with.
        loras: what may be chosen, at least one.
        wanted: what is to be tried.
        progress: told of each frame.
        current: hash of the LoRA that the project paints with now; None for none.

    Raises:
        OrchestrateError: a WebUI failed, or a LoRA cannot be used. What was painted is kept.
    """
    from orchestrator.stages.installed import painting_plainly

    look = material.look
    frames = frames_to_try(material, wanted.probes, progress)
    candidates = crossed(tuple(loras), *_grid(look, wanted))
    with painting_plainly(material.project, material.work, material.layer) as plain:
        contenders = Contenders(material, loras, plain)
        studio = auditions(material, contenders, progress)
        ranked = search(candidates, frames, studio.measured, price=wanted.price, exhaustive=wanted.exhaustive)
        best = ranked[0].candidate
        installed = contenders.conclude(best.lora, best.weight, current)
    return Picked(
        ranked=ranked,
        probes=frames,
        sources=tuple(map(studio.frames, frames)),
        strength=look.strength,
        price=wanted.price,
        pictures={each: studio.picture(each) for each in _trials(ranked, frames)},
        painted=studio.painted,
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
