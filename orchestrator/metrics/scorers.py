"""Metrics as functions of a batch: one figure for each of its steps, None where a metric has no meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import torch

from orchestrator.metrics.flicker import flicker
from orchestrator.metrics.mask_iou import mask_iou
from orchestrator.metrics.ssim_torch import ssim_batch
from orchestrator.metrics.steps import Batch
from orchestrator.metrics.temporal_lpips import temporal_lpips
from orchestrator.metrics.warp_error import change_along

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Layers
    from orchestrator.metrics.clip import Clip
    from orchestrator.metrics.feature_cosine import Vector
    from orchestrator.metrics.kid import Kid
    from orchestrator.metrics.lpips import Heads
    from orchestrator.metrics.region import Region
    from orchestrator.metrics.sight import Looks, Sight
    from orchestrator.metrics.steps import Step

    Frame = NDArray[np.uint8]

Figure = float | None
Scorer = Callable[[Batch], Sequence[Figure]]


@dataclass(frozen=True)
class SetScorer:
    """A metric of all results together.

    Attributes:
        vectors: gives a vector for each result of a batch.
        kid: takes them one by one, and tells the figure.
    """

    vectors: Callable[[Batch], Sequence[Vector]]
    kid: Kid


def of_pixels(measure: Callable[[Frame, Frame, Region | None], Figure]) -> Scorer:
    """Return a scorer that compares source and result as they are."""
    return lambda batch: [measure(*step.now) for step in batch.steps]


def of_ssim_on(device: str) -> Scorer:
    """Return a scorer of SSIM on a GPU."""
    return lambda batch: figures(
        [*ssim_batch(batch.sources, batch.results, batch.regions, torch.device(device))]
    )


def of_result(measure: Callable[[Frame, Region | None], Figure]) -> Scorer:
    """Return a scorer that looks at the result alone."""
    return lambda batch: [measure(step.now.result, step.now.region) for step in batch.steps]


def of_layers(
    sight: Looks, measure: Callable[[Layers, Layers, Region | None], torch.Tensor | float]
) -> Scorer:
    """Return a scorer that compares what a network sees in source and result."""

    def score(batch: Batch) -> list[Figure]:
        sources = batch.each(sight.look_at_source, batch.sources)
        results = batch.each(sight.look, batch.results)
        return figures([measure(*each) for each in zip(sources, results, batch.regions, strict=True)])

    return score


def of_result_layers(
    sight: Sight, measure: Callable[[Layers, Region | None], torch.Tensor | float]
) -> Scorer:
    """Return a scorer that looks at what a network sees in the result."""

    def score(batch: Batch) -> list[Figure]:
        results = batch.each(sight.look, batch.results)
        return figures([measure(*each) for each in zip(results, batch.regions, strict=True)])

    return score


def vectors(
    sight: Sight, measure: Callable[[Layers, Region | None], Vector]
) -> Callable[[Batch], Sequence[Vector]]:
    """Return what gives a vector for each result, for metrics of whole sets."""

    def gather(batch: Batch) -> list[Vector]:
        results = batch.each(sight.look, batch.results)
        return [measure(*each) for each in zip(results, batch.regions, strict=True)]

    return gather


def of_motion(batch: Batch) -> list[Figure]:
    """Score the warp error."""

    def one(step: Step) -> Figure:
        before, now = step.before[-1], step.now
        motion = batch.motion(now.source, before.source)
        return change_along(motion, before.result, now.result, now.region)

    return [one(step) if step.before else None for step in batch.steps]


def of_flicker(batch: Batch) -> list[Figure]:
    """Score flicker; the figure of a frame is that of the three frames that end with it."""

    def one(step: Step) -> Figure:
        first, middle = step.before
        back = batch.motion(middle.source, first.source)
        ahead = batch.motion(middle.source, step.now.source)
        return flicker(back, ahead, (first.result, middle.result, step.now.result), middle.region)

    return [one(step) if len(step.before) > 1 else None for step in batch.steps]


def of_masks(batch: Batch) -> list[Figure]:
    """Score how steady masks are."""

    def one(step: Step) -> Figure:
        before, now = step.before[-1], step.now
        if before.region is None or now.region is None:
            return None
        return mask_iou(batch.motion(now.source, before.source), before.region, now.region)

    return [one(step) if step.before else None for step in batch.steps]


def of_change(sight: Sight, heads: Heads) -> Scorer:
    """Return a scorer of temporal LPIPS."""

    def one(batch: Batch, step: Step) -> torch.Tensor:
        before, now = step.before[-1], step.now
        source = batch.each(sight.look_at_source, [before.source, now.source])
        result = batch.each(sight.look, [before.result, now.result])
        return temporal_lpips((source[0], source[1]), (result[0], result[1]), heads, now.region)

    def score(batch: Batch) -> list[Figure]:
        return figures([one(batch, step) if step.before else float("nan") for step in batch.steps])

    return score


def of_neighbours(clip: Clip) -> Scorer:
    """Return a scorer of how alike CLIP finds each result and the one before it."""

    def one(batch: Batch, step: Step) -> Figure:
        shown = [clip.only(pair.result, pair.region) for pair in (step.before[-1], step.now)]
        before, now = batch.each(clip.pictures, shown)
        return float(before @ now)

    return lambda batch: [one(batch, step) if step.before else None for step in batch.steps]


def of_text(clip: Clip, text: str) -> Scorer:
    """Return a scorer of how well CLIP finds a text to fit the results."""
    meant = clip.text(text)

    def score(batch: Batch) -> list[Figure]:
        shown = [clip.only(step.now.result, step.now.region) for step in batch.steps]
        return [float(seen @ meant) for seen in batch.each(clip.pictures, shown)]

    return score


def figures(values: Sequence[torch.Tensor | float]) -> list[Figure]:
    """Return numbers from wherever they were computed; None for those that are not numbers."""
    if not values:
        return []
    device = next((value.device for value in values if isinstance(value, torch.Tensor)), "cpu")
    together = torch.stack([torch.as_tensor(value, device=device, dtype=torch.float64) for value in values])
    return [None if isnan(value) else value for value in together.tolist()]
