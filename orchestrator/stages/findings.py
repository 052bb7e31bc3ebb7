"""What a report tells, from what the stages have made."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence, Measurements, Preview
    from orchestrator.media.clip import Clip
    from orchestrator.metrics.settings import ScoreSettings
    from orchestrator.report.data import Figure, Film, Picture, Still

    Shown = tuple[Preview, Preview]  # of the source and of the result

_SHEET = 24  # frames
_SAMPLES = 24
_WHITE = 255


def film(clip: Clip, shown: Shown, page: Path, cuts: tuple[int, ...]) -> Film:
    """Return the two clips as a page at `page` refers to them."""
    from orchestrator.report.data import Film
    from orchestrator.report.embedding import films

    source, result = films(shown[0].film, shown[1].film, page)
    times = () if clip.constant else tuple(map(float, (*clip.times, clip.duration)))
    return Film(source, result, clip.size, clip.fps, clip.count, cuts, times)


def figures(measurements: Measurements, shown: Shown) -> Iterator[Figure]:
    """Yield what was measured, each with the frames that stand out."""
    from orchestrator.metrics.table import METRICS
    from orchestrator.report.data import Figure
    from orchestrator.report.standouts import standouts

    for name, metric in METRICS.items():
        if name not in measurements.frames:
            continue
        values = measurements.frames[name]
        worst, best = (
            tuple(_still(shown, index, values[index]) for index in indices)
            for indices in standouts(values, metric.better)
        )
        yield Figure(
            name=name,
            label=metric.label,
            unit=metric.unit,
            better=metric.better,
            paper=metric.paper,
            values=values,
            mean=measurements.means.get(name),
            worst=worst,
            best=best,
        )


def sheet(count: int, shown: Shown) -> tuple[Still, ...]:
    """Return at most 24 frames, each in the middle of an equal part of the clip."""
    return tuple(_still(shown, index) for index in _spread(count, _SHEET))


def painted_on_the_way(samples: Sequence[Path]) -> tuple[Picture, ...]:
    """Return what the trainer painted: at most 24 pictures, spread evenly over its way.

    One that was left half written, as a killed trainer leaves it, is passed over.
    """
    from orchestrator.errors import ImageError
    from orchestrator.media.pictures import read
    from orchestrator.report.data import Picture
    from orchestrator.report.embedding import thumbnail
    from orchestrator.training.samples import label

    found = []
    for path in (samples[index] for index in _spread(len(samples), _SAMPLES)):
        with suppress(ImageError):
            found.append(Picture(label(path), thumbnail(read(path))))
    return tuple(found)


def regions(masks: Mapping[str, FrameSequence], source: Preview) -> Iterator[Picture]:
    """Yield a picture of each region, at the frame of the contact sheet where it is largest."""
    from orchestrator.media.pictures import frame
    from orchestrator.report.data import Picture
    from orchestrator.report.embedding import dimmed

    for name, mask in masks.items():
        sizes = {index: frame(mask, index).mean() for index in _spread(mask.count, _SHEET)}
        index = max(sizes, key=lambda each: sizes[each])
        shown = dimmed(source.still(index).read_bytes(), frame(mask, index)[..., 0] / _WHITE)
        yield Picture(f"{name}, frame {index}", shown)


def scored(settings: ScoreSettings, count: int, source: Preview) -> Iterator[Picture]:
    """Yield a picture of the pixels that count in the figures, at the first frame, unless all do."""
    from orchestrator.metrics.masks import regions as counting
    from orchestrator.report.data import Picture
    from orchestrator.report.embedding import dimmed

    inside = next(counting(settings.mask, settings.region, count))
    if settings.mask is not None and inside is not None:
        name = f"what counts in the figures: {settings.region} {settings.mask.name}, frame 0"
        yield Picture(name, dimmed(source.still(0).read_bytes(), inside.astype(np.float32)))


def _spread(count: int, most: int) -> list[int]:
    """Return the middles of at most so many equal parts of a row."""
    parts = min(count, most)
    return [(2 * part + 1) * count // (2 * parts) for part in range(parts)]


def _still(shown: Shown, index: int, value: float | None = None) -> Still:
    from orchestrator.report.data import Still

    source, result = (preview.still(index).read_bytes() for preview in shown)
    return Still(index, source, result, value)
