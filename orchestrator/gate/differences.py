"""Figures of two sides, paired picture by picture."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import fsum, isfinite
from typing import TYPE_CHECKING

from orchestrator.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.gate.scorer import Better


@dataclass(frozen=True, order=True)
class Picture:
    """One picture of a suite.

    Attributes:
        clip: the name of its clip.
        seed: which of the suite's seeds.
        frame: its index in the clip.
    """

    clip: str
    seed: int
    frame: int

    def __str__(self) -> str:
        return f"{self.clip}, frame {self.frame}, seed {self.seed}"


def worse_by(
    baseline: Mapping[Picture, float], candidate: Mapping[Picture, float], better: Better
) -> dict[Picture, float]:
    """Return by how much each picture of the candidate is worse, where both sides have a figure."""
    sign = 1 if better == "lower" else -1
    return {each: sign * (candidate[each] - baseline[each]) for each in sorted({*baseline} & {*candidate})}


def clip_means(values: Mapping[Picture, float]) -> dict[str, float]:
    """Return the mean of each clip, by its name, over its frames and seeds."""
    clips: defaultdict[str, list[float]] = defaultdict(list)
    for picture in sorted(values):
        clips[picture.clip].append(values[picture])
    return {clip: fsum(each) / len(each) for clip, each in clips.items()}


def mean_over_clips(values: Mapping[Picture, float]) -> float:
    """Return the mean in which each clip counts once, however long it is."""
    means = clip_means(values)
    return fsum(means.values()) / len(means)


def column(figures: Mapping[Picture, Mapping[str, float | None]], metric: str) -> dict[Picture, float]:
    """Return the figures of one metric, where it has any.

    Raises:
        ProjectError: it has none at all, or one that is not finite and so has no mean.
    """
    known = {each: value for each, row in figures.items() if (value := row.get(metric)) is not None}
    if not known:
        raise ProjectError(
            f"the metric {metric} has no figure on any picture of the suite",
            where="metrics",
            remedy="A metric over time needs clips, not single pictures; or leave it out.",
        )
    for picture, value in known.items():
        if not isfinite(value):
            raise ProjectError(
                f"the metric {metric} is {value} on {picture}, so it has no mean",
                where="metrics",
                remedy="Choose a metric with finite bounds, such as SSIM instead of PSNR.",
            )
    return known
