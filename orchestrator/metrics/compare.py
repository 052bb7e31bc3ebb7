"""Two videos, folders or pictures, measured against each other without any project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.media.filmstrip import filmstrip
from orchestrator.media.pictures import resize
from orchestrator.media.shots import cuts
from orchestrator.metrics.gathered import gathered
from orchestrator.metrics.masks import fitted, regions
from orchestrator.metrics.measure import measure
from orchestrator.metrics.pairing import paired
from orchestrator.metrics.panel import panel
from orchestrator.metrics.steps import Pair
from orchestrator.progress import Silent, counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.artifacts import Measurements
    from orchestrator.media.filmstrip import Filmstrip
    from orchestrator.metrics.pairing import Pairing
    from orchestrator.metrics.settings import ScoreSettings
    from orchestrator.progress import Progress

    Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Comparison:
    """What was measured.

    Attributes:
        names: what the pairs are called.
        measurements: their figures.
        remarks: what was done to the pictures first, one sentence each.
    """

    names: tuple[str, ...]
    measurements: Measurements
    remarks: tuple[str, ...]


def compare(
    a: Path,
    b: Path,
    settings: ScoreSettings,
    *,
    style: Path | None = None,
    kept: Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Measure B against A, pair by pair, in one pass and constant memory.

    Where sizes differ, B's pictures are scaled to A's by Lanczos's filter, and the remarks say so. Metrics of
    motion need A's shots to be known, for which A is gone through once more.

    Args:
        a: the source: a video, a folder of pictures or a picture.
        b: the result: likewise.
        settings: what is measured.
        style: a video, folder or picture of the style, for the metrics that need one.
        kept: a folder for what networks see in A and in the style; None keeps nothing.
        progress: where this tells how far it is.

    Raises:
        MediaError, ImageError: one of them cannot be read, or they have different numbers of pictures.
        ModelFileError, MissingPackage, ProjectError: as `panel`.
    """
    pairing = paired(filmstrip(a), filmstrip(b))
    wanted = panel(settings, None if style is None else _Pictures(filmstrip(style)), kept=kept)
    scaled: set[str] = set()
    with (progress or Silent()).task("measuring", total=pairing.a.count, unit="pairs") as task:
        shots = cuts(pairing.a.frames()) if settings.needs_shots else ()
        rows = list(counted(measure(_pairs(pairing, settings, scaled), wanted, cuts=shots), task))
    sets: dict[str, float | None] = {name: each.kid.figure for name, each in wanted.sets.items()}
    remarks = ([pairing.remark] if pairing.remark else []) + sorted(scaled)
    return Comparison(pairing.names, gathered(rows, sets), tuple(remarks))


class _Pictures:
    """A row of pictures that each metric of the style goes through anew."""

    def __init__(self, strip: Filmstrip) -> None:
        self._strip = strip

    def __iter__(self) -> Iterator[Frame]:
        return self._strip.frames()


def _pairs(pairing: Pairing, settings: ScoreSettings, scaled: set[str]) -> Iterator[Pair]:
    """Yield the pairs, B's pictures at A's size; what was scaled is added to `scaled`."""
    masks = regions(settings.mask, settings.region, pairing.a.count)
    for source, result, mask in zip(pairing.a.frames(), pairing.b.frames(), masks, strict=True):
        size, own = source.shape[1::-1], result.shape[1::-1]
        if own != size:
            scaled.add("B's pictures of {}x{} were scaled to A's {}x{} (Lanczos)".format(*own, *size))
        yield Pair(source, resize(result, size), fitted(mask, source))
