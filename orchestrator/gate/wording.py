"""How a verdict is put into words, the same in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.gate.drift import DRIFT

if TYPE_CHECKING:
    from orchestrator.gate.data import Outcome, Row

_THOUSAND = 1000


def number(value: float) -> str:
    """Return a figure with three significant digits."""
    return f"{value:,.0f}" if abs(value) >= _THOUSAND else f"{value:.3g}"


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"{'+' if value > 0 else ''}{number(value)}"


def interval(row: Row) -> str:
    """Return between which values a difference lies."""
    if row.judgement.interval is None:
        return "unknown"
    low, high = row.judgement.interval
    return f"{signed(low)} to {signed(high)}"


def headline(outcome: Outcome) -> str:
    """Return the verdict as one sentence."""
    who = f"{outcome.candidate.name} against {outcome.baseline.name}"
    regressed = [row.meaning.label for row in outcome.rows if row.judgement.verdict == "regression"]
    if regressed:
        return f"{who}: worse in {', '.join(regressed)}."
    if outcome.verdict == "inconclusive":
        return f"{who}: the suite cannot tell yet whether it is worse."
    improved = [row.meaning.label for row in outcome.rows if row.judgement.improved]
    return f"{who}: better in {', '.join(improved)}, worse in nothing." if improved else f"{who}: not worse."


def explanation(row: Row) -> str:
    """Return why a metric got its verdict."""
    judged = row.judgement
    unit = f" (unit: {row.meaning.unit})" if row.meaning.unit else ""
    seen = f"worse by {signed(judged.worse)}, {interval(row)}, where {number(judged.tolerance)} matters{unit}"
    return f"{seen}; {_decides(row)}" if judged.verdict == "inconclusive" else seen


def verdict(row: Row) -> str:
    """Return the verdict on one metric in a word."""
    if row.judgement.excused:
        return "pass, since others improved"
    better = row.judgement.improved and row.judgement.verdict == "pass"
    return "pass, improved" if better else row.judgement.verdict


def _decides(row: Row) -> str:
    judged = row.judgement
    if row.metric == DRIFT and judged.interval and judged.interval[0] > judged.tolerance:
        return "the pictures changed, and nothing shows that they became better: look at them"
    if row.more_frames is None:
        return "no number of frames is likely to decide that"
    clips = judged.more_clips
    return f"about {row.more_frames} more frames ({clips} more clips) would decide, if it is as it looks"
