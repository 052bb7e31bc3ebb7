"""From two sides to what is to be said of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestrator.errors import ProjectError
from orchestrator.gate import power
from orchestrator.gate.conditions import check_comparable
from orchestrator.gate.data import Outcome, Row, Worst
from orchestrator.gate.differences import Picture, clip_means, column, mean_over_clips, worse_by
from orchestrator.gate.drift import DRIFT, lasting
from orchestrator.gate.verdict import judge, overall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.gate.scorer import Meaning
    from orchestrator.gate.side import Side
    from orchestrator.gate.suite import Suite
    from orchestrator.gate.verdict import Judgement

_WORST = 3  # pictures shown for each metric

Figures = dict[Picture, float]


@dataclass(frozen=True)
class _Pair:
    """The figures of one metric on both sides, of the pictures that have one on both."""

    baseline: Figures
    candidate: Figures
    worse: Figures


def compare(
    suite: Suite[Any],
    suite_hash: str,
    baseline: Side,
    candidate: Side,
    *,
    meanings: Mapping[str, Meaning],
    time: str,
) -> Outcome:
    """Compare two sides.

    Args:
        suite: what was painted.
        suite_hash: its digest.
        baseline: the LoRA that is known.
        candidate: the one that is judged.
        meanings: of the suite's metrics, in the order to be shown.
        time: now, ISO 8601 in UTC.

    Raises:
        NotComparable: the two were not made alike.
        ProjectError: a metric has no figures here, or infinite ones.
        DamagedArtifact: a picture is not what was painted.
    """
    check_comparable(baseline.conditions, candidate.conditions)
    if DRIFT in suite.metrics:
        baseline, candidate = _with_drift(suite, baseline, candidate)
    shown = {name: meaning for name, meaning in meanings.items() if name in suite.metrics}
    pairs = {name: _pair(name, meaning, baseline, candidate) for name, meaning in shown.items()}
    judged = judge(
        {name: clip_means(pair.worse) for name, pair in pairs.items()}, dict(suite.metrics), suite.confidence
    )
    return Outcome(
        suite=suite.name,
        suite_hash=suite_hash,
        time=time,
        baseline=baseline.version,
        candidate=candidate.version,
        verdict=overall([each.verdict for each in judged.values()]),
        confidence=suite.confidence,
        rows=tuple(_row(name, shown[name], pair, judged[name]) for name, pair in pairs.items()),
        worst=tuple(each for name, pair in pairs.items() for each in _worst(name, pair)),
        conditions=candidate.conditions,
    )


def _with_drift(suite: Suite[Any], baseline: Side, candidate: Side) -> tuple[Side, Side]:
    """Return both sides with a figure of drift for each picture; the baseline has drifted by 0."""
    drifted: Figures = {}
    for clip, length in suite.lengths.items():
        for frame in range(length):
            pictures = [Picture(clip, seed, frame) for seed in suite.seeds]
            before, after = (side.kept.pictures(pictures) for side in (baseline, candidate))
            drifted.update(zip(pictures, lasting(before, after), strict=True))
    return _added(baseline, dict.fromkeys(drifted, 0.0)), _added(candidate, drifted)


def _added(side: Side, drifted: Figures) -> Side:
    figures = {each: {**row, DRIFT: drifted[each]} for each, row in side.figures.items()}
    return replace(side, figures=figures)


def _pair(metric: str, meaning: Meaning, baseline: Side, candidate: Side) -> _Pair:
    before, after = column(baseline.figures, metric), column(candidate.figures, metric)
    worse = worse_by(before, after, meaning.better)
    if not worse:
        raise ProjectError(f"the metric {metric} has no picture with a figure on both sides", where="metrics")
    return _Pair({each: before[each] for each in worse}, {each: after[each] for each in worse}, worse)


def _row(metric: str, meaning: Meaning, pair: _Pair, judgement: Judgement) -> Row:
    clips = judgement.more_clips
    return Row(
        metric,
        meaning,
        mean_over_clips(pair.baseline),
        mean_over_clips(pair.candidate),
        judgement,
        None if clips is None else power.frames(clips, _frames(pair), judgement.clips),
    )


def _frames(pair: _Pair) -> int:
    return len({(each.clip, each.frame) for each in pair.worse})


def _worst(metric: str, pair: _Pair) -> list[Worst]:
    order = sorted(pair.worse, key=lambda each: (-pair.worse[each], each))
    return [
        Worst(metric, each, pair.baseline[each], pair.candidate[each], pair.worse[each])
        for each in order[:_WORST]
        if pair.worse[each] > 0
    ]
