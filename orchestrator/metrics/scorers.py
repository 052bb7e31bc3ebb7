"""The metrics of a run, ready to measure: their networks loaded, the style's features computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from orchestrator.errors import ProjectError
from orchestrator.metrics.gram import gram_distance, load_gram, style_grams
from orchestrator.metrics.lpips import load_lpips, lpips_batch
from orchestrator.metrics.ssim import ssim
from orchestrator.metrics.warp_error import warp_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.gram import GramTrunk
    from orchestrator.metrics.lpips import Trunk
    from orchestrator.metrics.settings import ScoreSettings
    from orchestrator.metrics.table import MetricName

    Frame = NDArray[np.uint8]

_BATCH_ON_GPU = 16
_BATCH_ON_CPU = 1  # larger ones are slower there, and a frame's figures would wait for its neighbours'


@dataclass(frozen=True)
class Step:
    """One frame to be measured, all pictures (H, W, 3) uint8 RGB of one size.

    Attributes:
        source: the frame of the source.
        result: the same frame of the result.
        before: source and result one frame earlier; None at the start of each shot.
    """

    source: Frame
    result: Frame
    before: tuple[Frame, Frame] | None = None


Scorer = Callable[[Sequence[Step]], Sequence[float | None]]


@dataclass(frozen=True)
class Panel:
    """A scorer for each metric, and how many frames they take at once."""

    scorers: Mapping[MetricName, Scorer]
    batch: int


def panel(settings: ScoreSettings, style: Iterable[Frame] | None = None) -> Panel:
    """Load what the wanted metrics need.

    Args:
        settings: which metrics.
        style: pictures of the style, at about the size of the results; only read where a metric needs them.

    Raises:
        ModelFileError: a network's weights are missing or of another kind.
        ImageError: a metric needs the style and there are no pictures of it.
        ProjectError: a GPU is asked for and there is none.
    """
    device = _device(settings.device)
    pictures = tuple(style or ()) if {"gram", "gram_vgg"} & {*settings.metrics} else ()
    weights = settings.weights
    makers: Mapping[MetricName, Callable[[], Scorer]] = {
        "lpips": lambda: _lpips("alex", None, device),
        "lpips_vgg": lambda: _lpips("vgg", weights.vgg16, device),
        "lpips_squeeze": lambda: _lpips("squeeze", weights.squeezenet1_1, device),
        "ssim": lambda: _ssim,
        "warp_error": lambda: _warp_error,
        "gram": lambda: _gram("alexnet", None, device, pictures),
        "gram_vgg": lambda: _gram("vgg16", weights.vgg16, device, pictures),
    }
    return Panel(
        scorers={name: makers[name]() for name in settings.metrics},
        batch=_BATCH_ON_CPU if device == "cpu" else _BATCH_ON_GPU,
    )


def _lpips(trunk: Trunk, weights: Path | None, device: str) -> Scorer:
    net = load_lpips(trunk, weights, device)
    return lambda steps: lpips_batch([step.source for step in steps], [step.result for step in steps], net)


def _ssim(steps: Sequence[Step]) -> list[float | None]:
    return [ssim(step.source, step.result) for step in steps]


def _warp_error(steps: Sequence[Step]) -> list[float | None]:
    return [
        warp_error((step.before[0], step.source), (step.before[1], step.result)) if step.before else None
        for step in steps
    ]


def _gram(trunk: GramTrunk, weights: Path | None, device: str, pictures: Sequence[Any]) -> Scorer:
    net = load_gram(trunk, weights, device)
    style = style_grams(pictures, net)
    return lambda steps: gram_distance([step.result for step in steps], style, net)


def _device(wanted: str) -> str:
    found = torch.cuda.is_available()
    if wanted == "cuda" and not found:
        raise ProjectError(
            "score.device is cuda, but torch finds no GPU here",
            remedy="Say `device: auto`, or install a torch built for your GPU.",
        )
    return "cuda" if found and wanted != "cpu" else "cpu"
