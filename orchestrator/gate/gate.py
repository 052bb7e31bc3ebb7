"""The whole of it: both LoRAs painted and measured, compared, and the comparison kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from orchestrator.errors import NotComparable, ProjectError
from orchestrator.gate.compare import compare
from orchestrator.gate.conditions import check_comparable, painted_content, painting_conditions, suite_hash
from orchestrator.gate.drift import DRIFT, MEANING
from orchestrator.gate.history import History
from orchestrator.gate.kept import Kept
from orchestrator.gate.side import Bench, made, remembered
from orchestrator.pipeline.lease import lease
from orchestrator.pipeline.remembered import Digests

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.gate.data import Outcome
    from orchestrator.gate.painter import Painter
    from orchestrator.gate.scorer import Meaning, Scorer
    from orchestrator.gate.side import Side
    from orchestrator.gate.suite import Suite
    from orchestrator.progress import Progress


@dataclass(frozen=True)
class Gated:
    """What a gate has found, and the pictures it found it on.

    Attributes:
        outcome: all that is said of it.
        baseline: the LoRA that is known.
        candidate: the one that is judged.
        history: what was found before, and now.
    """

    outcome: Outcome
    baseline: Side
    candidate: Side
    history: History


def gate(
    suite: Suite[Any],
    painter: Painter,
    scorer: Scorer,
    work: Path,
    *,
    baseline: Path | None,
    candidate: Path,
    bless: bool,
    progress: Progress,
) -> Gated:
    """Compare a candidate with a baseline on a suite.

    Results are kept by content, so a side that was painted before, with all that decides its pictures
    unchanged, is not painted again. A run that was killed goes on with the picture it was at.

    Args:
        suite: what is painted and measured.
        painter: paints.
        scorer: measures the suite's metrics.
        work: the folder that results and history are kept in.
        baseline: the LoRA that is known; the blessed one when None.
        candidate: the LoRA that is judged.
        bless: make the candidate the baseline from now on, whatever the verdict.
        progress: where it is told how far it is.

    Raises:
        ProjectError: the suite is not the one that was pinned, a metric cannot be measured on it, or no
            baseline is named and none is blessed.
        NotComparable: the two sides were not made alike.
        FolderBusy: another gate is at work in that folder.
        OrchestrateError: a file, the painter or the scorer fails; what is finished stays.
    """
    _check_measured(suite, scorer)
    with lease(work):
        digests = Digests(work / "digests.json")
        pinned = suite_hash(suite, digests.of_file)
        content = painted_content(suite, digests.of_file)
        digests.keep()
        bench = Bench(suite, content, painter, scorer, work / "results", progress)
        history = History(work / "history.sqlite")
        known = made(baseline, bench) if baseline else _blessed(history, bench)
        judged = made(candidate, bench)
        outcome = compare(suite, pinned, known, judged, meanings=meanings(scorer), time=_now())
        number = history.add(outcome)
        if bless:
            history.bless(number, results=judged.kept.folder.name, time=outcome.time)
    return Gated(outcome, known, judged, history)


def meanings(scorer: Scorer) -> dict[str, Meaning]:
    """Return what the figures mean, in the order to be shown: the scorer's, and what compares both sides."""
    return {**scorer.metrics, DRIFT: MEANING}


def _check_measured(suite: Suite[Any], scorer: Scorer) -> None:
    if unmeasured := sorted({*suite.metrics} - {*meanings(scorer)}):
        raise ProjectError(
            f"nothing here measures {', '.join(unmeasured)}",
            where="metrics",
            remedy=f"Choose among {', '.join(meanings(scorer))}.",
        )


def _blessed(history: History, bench: Bench) -> Side:
    blessed = history.blessed(bench.suite.name)
    if blessed is None:
        raise ProjectError(
            f"the suite {bench.suite.name} has no blessed baseline yet",
            remedy="Name one by --baseline; --bless makes the candidate the baseline of later runs.",
        )
    kept = Kept(bench.results / blessed.results)
    if (conditions := kept.conditions()) is not None:
        # before the candidate is painted, which may take long
        check_comparable(conditions, painting_conditions(bench.content, bench.painter.setup))
        if side := remembered(blessed.version, kept, conditions, bench):
            return side
    raise NotComparable(
        f"not all pictures of the baseline {blessed.version.name} are there any more",
        where=str(kept.folder),
        remedy="Name its file by --baseline, so that they are painted again.",
    )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
