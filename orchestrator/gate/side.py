"""One of the two LoRAs: paints the suite with it and measures that, as far as it is not done already."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from orchestrator import digest
from orchestrator.errors import EffectMissing, ModelFileError
from orchestrator.gate.conditions import painting_conditions
from orchestrator.gate.differences import Picture
from orchestrator.gate.frames import frames_of
from orchestrator.gate.kept import Kept
from orchestrator.gate.painter import Request
from orchestrator.gate.seeds import noise_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from orchestrator.gate.painter import Answer, Frame, Painter
    from orchestrator.gate.scorer import Scorer
    from orchestrator.gate.suite import Suite
    from orchestrator.progress import Progress

    Frames = Callable[[str], tuple[Frame, ...]]

_CLIPS_AHEAD = 2  # whose frames are held: the one being painted, and the one that a painter takes ahead


@dataclass(frozen=True)
class Version:
    """A LoRA.

    Attributes:
        name: of its file, without the suffix.
        hash: SHA-256 of the file, 64 hex digits.
    """

    name: str
    hash: str


@dataclass(frozen=True)
class Side:
    """What is known of one LoRA.

    Attributes:
        version: which LoRA.
        kept: its pictures.
        conditions: what must be equal on the other side.
        figures: of each picture, by metric.
        painted: how many pictures were painted now; the others were kept from before.
    """

    version: Version
    kept: Kept
    conditions: Mapping[str, str]
    figures: Mapping[Picture, Mapping[str, float | None]]
    painted: int


@dataclass(frozen=True)
class Bench:
    """What both sides are made with.

    Attributes:
        suite: what is painted.
        content: what of the suite decides the pictures, as `painted_content` returns it.
        painter: paints.
        scorer: measures.
        results: the folder with the results of all LoRAs.
        progress: where it is told how far it is.
    """

    suite: Suite[Any]
    content: Mapping[str, str]
    painter: Painter
    scorer: Scorer
    results: Path
    progress: Progress


def version_of(lora: Path) -> Version:
    """Return which LoRA a file is. Raises ModelFileError: there is none."""
    if not lora.is_file():
        raise ModelFileError("there is no such LoRA", where=str(lora), remedy="Check the path.")
    return Version(lora.stem, digest.of_file(lora))


def made(lora: Path, bench: Bench) -> Side:
    """Paint and measure what is missing of one side.

    Raises:
        OrchestrateError: a file, the painter or the scorer fails; what is finished stays.
    """
    version = version_of(lora)
    conditions = painting_conditions(bench.content, bench.painter.setup)
    kept = Kept(bench.results / digest.of_value({"lora": version.hash, **conditions})[:32])
    kept.begin(conditions)
    frames = _remembering(bench.suite)
    done = kept.painted()
    missing = [each for each in pictures_of(bench.suite) if each not in done]
    if missing:
        _paint(lora, missing, frames, kept, bench)
    return Side(version, kept, _measured(conditions, bench), _scored(kept, frames, bench), len(missing))


def remembered(version: Version, kept: Kept, conditions: Mapping[str, str], bench: Bench) -> Side | None:
    """Return a side that was painted before, without its LoRA; None where pictures are missing."""
    if not kept.painted().issuperset(pictures_of(bench.suite)):
        return None
    figures = _scored(kept, _remembering(bench.suite), bench)
    return Side(version, kept, _measured(conditions, bench), figures, painted=0)


def pictures_of(suite: Suite[Any]) -> list[Picture]:
    """Return all pictures of a suite, clip by clip and seed by seed."""
    return [
        Picture(clip, seed, frame)
        for clip, length in suite.lengths.items()
        for seed in suite.seeds
        for frame in range(length)
    ]


def _remembering(suite: Suite[Any]) -> Frames:
    return lru_cache(_CLIPS_AHEAD)(lambda clip: frames_of(suite, clip))


def _measured(conditions: Mapping[str, str], bench: Bench) -> dict[str, str]:
    return {**conditions, "figures": bench.scorer.version}


def _paint(lora: Path, missing: Sequence[Picture], frames: Frames, kept: Kept, bench: Bench) -> None:
    requests = (Request(frames(each.clip)[each.frame], noise_seed(each.seed, each.clip)) for each in missing)
    with (
        bench.progress.task(f"painting with {lora.stem}", total=len(missing), unit="pictures") as task,
        closing(bench.painter.paint(lora, bench.suite.paint.lora_weight, requests)) as answers,
    ):
        for picture, answer in zip(missing, answers, strict=True):
            _check_size(answer, bench.suite.paint.size)
            kept.keep(picture, answer, noise_seed(picture.seed, picture.clip))
            task.advance()


def _check_size(answer: Answer, size: tuple[int, int]) -> None:
    if answer.picture.shape[1::-1] != size:
        raise EffectMissing(
            f"a picture of {size[0]}x{size[1]} was asked for, and came as"
            f" {answer.picture.shape[1]}x{answer.picture.shape[0]}"
        )


def _scored(kept: Kept, frames: Frames, bench: Bench) -> dict[Picture, dict[str, float | None]]:
    version = digest.of_value([bench.scorer.version, *bench.scorer.metrics])
    known = kept.figures(version)
    missing = [each for each in pictures_of(bench.suite) if each not in known]
    if missing:
        _score(missing, version, kept, frames, bench)
    every = kept.figures(version)
    return {each: every[each] for each in pictures_of(bench.suite)}


def _score(missing: Sequence[Picture], version: str, kept: Kept, frames: Frames, bench: Bench) -> None:
    with bench.progress.task("measuring", total=len(missing), unit="pictures") as task:
        for (clip, _), group in groupby(missing, lambda each: (each.clip, each.seed)):
            pictures = list(group)
            figures = bench.scorer.score(frames(clip), kept.pictures(pictures))
            kept.keep_figures(version, pictures, figures)
            task.advance(len(pictures))
