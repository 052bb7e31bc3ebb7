"""From differences to a verdict.

For each metric there is a smallest effect that matters, its tolerance. *Regression*: confidently worse by
more than it. *Pass*: confidently not worse by that much (a test of non-inferiority). Else *inconclusive*: a
difference that was merely not found is no proof of anything.

One metric of several suffices for a regression, so those p values are corrected by Holm. All metrics must
pass for a pass, which no number of metrics makes easier, so those are not (Berger and Hsu, Bioequivalence
Trials, Intersection-Union Tests and Equivalence Confidence Sets, 1996).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum
from typing import TYPE_CHECKING, Literal

import numpy as np

from orchestrator.gate import bootstrap, power
from orchestrator.gate.drift import DRIFT
from orchestrator.gate.evidence import holm, p_above, p_below

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Verdict = Literal["pass", "regression", "inconclusive"]
EXIT_CODES: Mapping[Verdict, int] = {"pass": 0, "regression": 1, "inconclusive": 2}


@dataclass(frozen=True)
class Judgement:
    """What is known of one metric, all in its own unit.

    Attributes:
        worse: by how much the candidate is worse, mean over clips; negative where it is better.
        interval: between which values that mean lies, at the suite's confidence; None for a single clip.
        tolerance: the smallest effect that matters.
        clips: how many clips have figures.
        p_worse: of being worse by more than the tolerance, corrected by Holm.
        p_not_worse: of not being worse by as much.
        p_better: of being better by more than the tolerance, corrected by Holm.
        verdict: of this metric alone.
        improved: whether it is confidently better by more than the tolerance.
        more_clips: how many more would decide, if the difference is what it seems; None where it is decided,
            or where no number would.
        excused: whether it drifted, and passes since another metric improved.
    """

    worse: float
    interval: tuple[float, float] | None
    tolerance: float
    clips: int
    p_worse: float
    p_not_worse: float
    p_better: float
    verdict: Verdict
    improved: bool
    more_clips: int | None
    excused: bool = False


def judge(
    differences: Mapping[str, Mapping[str, float]], tolerances: Mapping[str, float], confidence: float
) -> dict[str, Judgement]:
    """Judge each metric.

    Args:
        differences: for each metric and clip, by how much the candidate is worse. At least one clip each.
        tolerances: the smallest effect that matters, by metric, above 0.
        confidence: such as 0.95; half of what is missing to 1 is the error allowed on each side.
    """
    alpha = (1 - confidence) / 2
    # by name, so that the order of clips does not matter to what is drawn
    samples = {name: np.array([each[clip] for clip in sorted(each)]) for name, each in differences.items()}
    worse = _corrected({name: p_above(each, tolerances[name]) for name, each in samples.items()})
    better = _corrected({name: p_below(each, -tolerances[name]) for name, each in samples.items()})
    judged = {}
    for name, sample in samples.items():
        not_worse = float(p_below(sample, tolerances[name]))
        verdict = _verdict(worse[name], not_worse, alpha)
        judged[name] = Judgement(
            worse=fsum(sample) / len(sample),
            interval=_interval(sample, confidence),
            tolerance=tolerances[name],
            clips=len(sample),
            p_worse=worse[name],
            p_not_worse=not_worse,
            p_better=better[name],
            verdict=verdict,
            improved=better[name] <= alpha,
            more_clips=_more(sample, tolerances[name], alpha, len(samples))
            if verdict == "inconclusive"
            else None,
        )
    return _drift_judged(judged)


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on all metrics: any regression is one, and a pass needs all to pass."""
    if "regression" in verdicts:
        return "regression"
    return "inconclusive" if "inconclusive" in verdicts else "pass"


def _drift_judged(judged: dict[str, Judgement]) -> dict[str, Judgement]:
    """Let drift pass where another metric improved; by itself it shows a change, and nothing worse."""
    drift = judged.get(DRIFT)
    if drift is None or drift.verdict == "pass":
        return judged
    if any(each.improved for each in judged.values()):
        return {**judged, DRIFT: replace(drift, verdict="pass", excused=True, more_clips=None)}
    return {**judged, DRIFT: replace(drift, verdict="inconclusive")}


def _corrected(p_values: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    return dict(zip(p_values, holm([float(p) for p in p_values.values()]), strict=True))


def _verdict(p_worse: float, p_not_worse: float, alpha: float) -> Verdict:
    if p_worse <= alpha:
        return "regression"
    return "pass" if p_not_worse <= alpha else "inconclusive"


def _interval(sample: NDArray[np.float64], confidence: float) -> tuple[float, float] | None:
    if len(sample) == 1:
        return None
    return bootstrap.interval(bootstrap.resampled_means(sample), len(sample), confidence)


def _more(sample: NDArray[np.float64], tolerance: float, alpha: float, metrics: int) -> int | None:
    if len(sample) == 1:
        return power.fewest(alpha) - 1
    margin = float(sample.mean()) - tolerance
    # the first step of Holm is the strictest, and it is unknown which step it will be
    allowed = alpha / metrics if margin > 0 else alpha
    wanted = power.needed(abs(margin), float(sample.std(ddof=1)), allowed)
    return None if wanted is None else max(1, wanted - len(sample))
