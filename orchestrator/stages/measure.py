"""How good the painted frames are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator import files, json_lines
from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.artifacts import Dataset, FrameSequence, Measurements
    from orchestrator.metrics.settings import ScoreSettings
    from orchestrator.metrics.steps import Pair
    from orchestrator.progress import Progress
    from orchestrator.stages.source import Source

_ROWS = "rows.jsonl"
_SETS = "sets.json"


def measure(
    settings: ScoreSettings,
    networks: Mapping[str, str],
    source: Source,
    shots: Stage[tuple[int, ...]],
    dataset: Stage[Dataset],
    stylize: Stage[FrameSequence],
) -> Stage[Measurements]:
    """Return the stage whose artifact is the figures per frame; none is measured twice.

    Args:
        settings: what is measured.
        networks: digest of each file of weights that the metrics need.
        source: the frames that were painted over.
        shots: where shots begin.
        dataset: the pictures of the style, which some metrics compare with.
        stylize: the painted frames.
    """

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.metrics.measure import measure as rows_of
        from orchestrator.metrics.panel import panel

        known = json_lines.rows(folder / _ROWS)
        wanted = panel(settings, _Pictures(made(dataset).folder) if settings.needs_style else None)
        pairs = _pairs(source, made(stylize), settings)
        rows = rows_of(pairs, wanted, cuts=made(shots), done=len(known))
        with progress.task("measuring", total=source.clip.count, unit="frames") as task:
            task.reach(len(known))
            for row in rows:
                json_lines.append(folder / _ROWS, row)
                task.advance()
        files.write_json(folder / _SETS, {name: each.kid.figure for name, each in wanted.sets.items()})

    content: dict[str, Any] = {
        "metrics": list(settings.metrics),
        "weights": dict(networks),
        "text": settings.text,
        "region": settings.region if settings.mask else None,
        "source": source.content,
    }
    inputs = (shots, stylize, dataset) if settings.needs_style else (shots, stylize)
    return Stage("measure", 2, content, inputs, build, load, resumes=True, follows=True)


def load(folder: Path) -> Measurements:
    """Read the figures back."""
    from orchestrator.metrics.gathered import gathered

    return gathered(json_lines.rows(folder / _ROWS), json.loads((folder / _SETS).read_text(encoding="utf-8")))


def _pairs(source: Source, painted: FrameSequence, settings: ScoreSettings) -> Iterator[Pair]:
    from orchestrator.media.decode import frames
    from orchestrator.media.pictures import stored
    from orchestrator.metrics.masks import fitted, regions
    from orchestrator.metrics.steps import Pair

    masks = regions(settings.mask, settings.region, source.clip.count)
    for before, after, mask in zip(frames(source.clip), stored(painted), masks, strict=True):
        yield Pair(before, after, fitted(mask, before))


class _Pictures:
    """The pictures of the style, read one by one each time that they are gone through."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        from orchestrator.media.pictures import read

        return (read(path) for path in sorted(self._folder.rglob("*.png")))
