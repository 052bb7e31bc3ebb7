"""What a comparison says, before anybody thinks of how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.gate.differences import Picture
    from orchestrator.gate.scorer import Meaning
    from orchestrator.gate.side import Version
    from orchestrator.gate.verdict import Judgement, Verdict


@dataclass(frozen=True)
class Row:
    """One metric.

    Attributes:
        metric: its short name.
        meaning: what a figure of it means.
        baseline: mean over clips.
        candidate: likewise.
        judgement: what is known of the difference.
        more_frames: how many more frames would decide; None where it is decided, or where no number would.
    """

    metric: str
    meaning: Meaning
    baseline: float
    candidate: float
    judgement: Judgement
    more_frames: int | None


@dataclass(frozen=True)
class Worst:
    """A picture that became worse, by one metric.

    Attributes:
        metric: its short name.
        picture: which one.
        baseline: its figure there.
        candidate: its figure here.
        worse: by how much it is worse, above 0.
    """

    metric: str
    picture: Picture
    baseline: float
    candidate: float
    worse: float


@dataclass(frozen=True)
class Outcome:
    """A whole comparison.

    Attributes:
        suite: its name.
        suite_hash: its digest, 64 hex digits.
        time: when it was made, ISO 8601 in UTC.
        baseline: the LoRA that is known.
        candidate: the one that is judged.
        verdict: on all metrics.
        confidence: of the verdict and the intervals.
        rows: the metrics, in the order to be shown.
        worst: the pictures that became worse the most, of each metric the worst first.
        conditions: what both sides were made with.
    """

    suite: str
    suite_hash: str
    time: str
    baseline: Version
    candidate: Version
    verdict: Verdict
    confidence: float
    rows: tuple[Row, ...]
    worst: tuple[Worst, ...]
    conditions: Mapping[str, str]


@dataclass(frozen=True)
class Still:
    """A picture that became worse, with what is to be seen; pictures are WebP files."""

    worst: Worst
    source: bytes
    baseline: bytes
    candidate: bytes


@dataclass(frozen=True)
class Point:
    """One metric of one earlier comparison.

    Attributes:
        time: when it was made, ISO 8601 in UTC.
        candidate: the LoRA that was judged.
        value: its mean over clips.
        worse: by how much it was worse than its baseline.
        tolerance: the smallest effect that mattered.
        verdict: on this metric.
        blessed: whether that LoRA became the baseline.
    """

    time: str
    candidate: Version
    value: float
    worse: float
    tolerance: float
    verdict: Verdict
    blessed: bool
