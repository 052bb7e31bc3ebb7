"""The metrics of a run, ready to measure."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from orchestrator.errors import ProjectError
from orchestrator.metrics.loaded import Loaded
from orchestrator.metrics.makers import SCORERS, SETS
from orchestrator.metrics.table import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.scorers import Scorer, SetScorer
    from orchestrator.metrics.settings import ScoreSettings
    from orchestrator.metrics.table import MetricName, Needs

# Pixels of a batch, of the source alone: what metrics share in one is not worked out again, but is held.
_ONE_FRAME = 1  # a batch has a frame at least
_ON_CPU = 1 << 20  # AlexNet's layers take 40 bytes a pixel
_ON_CPU_WITH_VGG = 1 << 18  # VGG-16's take 500
_ON_GPU = 1 << 22
_LOOKING_BACK: frozenset[Needs] = frozenset({"motion", "masks"})
_LARGE: frozenset[MetricName] = frozenset({"lpips_vgg", "gram_vgg", "lpips_squeeze", "dists"})


@dataclass(frozen=True)
class Panel:
    """What is measured in one pass over the frames.

    Attributes:
        scorers: for each metric what gives its figures.
        sets: for each metric of all results together what gathers it; it gathers one pass.
        pixels: how many pixels of source frames are measured at once.
        workers: how many batches are measured side by side.
    """

    scorers: Mapping[MetricName, Scorer]
    sets: Mapping[MetricName, SetScorer] = field(default_factory=dict)
    pixels: int = _ON_CPU
    workers: int = 1


def panel(
    settings: ScoreSettings, style: Iterable[NDArray[np.uint8]] | None = None, *, kept: Path | None = None
) -> Panel:
    """Load what the wanted metrics need.

    Args:
        settings: which metrics.
        style: pictures of the style, at about the size of the results; each metric that needs them goes
            through them once, so this is no iterator.
        kept: a folder for what networks see in the source and in the style; None works that out each time.

    Raises:
        ModelFileError: a network's weights are missing or of another kind.
        ImageError: a metric needs the style and there are no pictures of it.
        ProjectError: a GPU is asked for and there is none.
        MissingPackage: a metric needs a package that is not installed.
    """
    loaded = Loaded(settings, _device(settings.device), () if style is None else style, kept)
    return Panel(
        scorers={name: SCORERS[name](loaded) for name in settings.metrics if name in SCORERS},
        sets={name: SETS[name](loaded) for name in settings.metrics if name in SETS},
        pixels=_pixels(settings, loaded.device),
        # one thread keeps a GPU busy, and there PyTorch's switch for full float32 is the whole process's
        workers=_cores() if loaded.device == "cpu" else 1,
    )


def _pixels(settings: ScoreSettings, device: str) -> int:
    """Return how much to measure at once: on a CPU no more than frames share, so that caches hold it."""
    if device != "cpu":
        return _ON_GPU
    if not any(METRICS[name].needs in _LOOKING_BACK for name in settings.metrics):
        return _ONE_FRAME
    return _ON_CPU_WITH_VGG if _LARGE & {*settings.metrics} else _ON_CPU


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _device(wanted: str) -> str:
    found = torch.cuda.is_available()
    if wanted == "cuda" and not found:
        raise ProjectError(
            "score.device is cuda, but torch finds no GPU here",
            remedy="Say `device: auto`, or install a torch built for your GPU.",
        )
    return "cuda" if found and wanted != "cpu" else "cpu"
