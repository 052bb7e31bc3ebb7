"""A comparison as a comment of a pull request, in GitHub's Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.gate.wording import explanation, headline, interval, number, signed, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.gate.data import Outcome, Row, Worst
    from orchestrator.gate.verdict import Verdict

_SIGNS: Mapping[Verdict, str] = {"pass": "✅", "regression": "❌", "inconclusive": "❓"}
_ARROWS = {"higher": "↑", "lower": "↓"}
_SHORT = 12  # digits of a digest


def markdown(outcome: Outcome) -> str:
    """Return a comparison as Markdown: verdict, table of metrics, worst regressions, conditions."""
    return (
        "\n".join([*_head(outcome), "", *_metrics(outcome), *_worst(outcome), "", *_conditions(outcome)])
        + "\n"
    )


def _head(outcome: Outcome) -> Iterator[str]:
    yield f"### {_SIGNS[outcome.verdict]} {outcome.verdict}: suite {_plain(outcome.suite)}"
    yield ""
    yield _plain(headline(outcome))


def _metrics(outcome: Outcome) -> Iterator[str]:
    percent = f"{outcome.confidence:.1%}".replace(".0%", "%")
    yield _line(
        ["metric", "baseline", "candidate", f"worse by ({percent} interval)", "matters from", "verdict"]
    )
    yield "|:--|--:|--:|--:|--:|:--|"
    yield from (_line(_cells(row)) for row in outcome.rows)
    yield ""
    yield from (
        f"- {_plain(row.meaning.label)}: {_plain(explanation(row))}."
        for row in outcome.rows
        if row.judgement.verdict == "inconclusive"
    )


def _cells(row: Row) -> list[str]:
    judged = row.judgement
    return [
        f"{row.meaning.label} {_ARROWS[row.meaning.better]}",
        number(row.baseline),
        number(row.candidate),
        f"{signed(judged.worse)} ({interval(row)})",
        number(judged.tolerance),
        f"{_SIGNS[judged.verdict]} {verdict(row)}",
    ]


def _worst(outcome: Outcome) -> Iterator[str]:
    labels = {row.metric: row.meaning.label for row in outcome.rows}
    failed = {row.metric for row in outcome.rows if row.judgement.verdict != "pass"}
    shown = [each for each in outcome.worst if each.metric in failed]
    if not shown:
        return
    yield "\n**Worst regressions**\n"
    yield _line(["metric", "picture", "baseline", "candidate", "worse by"])
    yield "|:--|:--|--:|--:|--:|"
    yield from (_line(_worst_cells(each, labels[each.metric])) for each in shown)


def _worst_cells(worst: Worst, label: str) -> list[str]:
    return [label, str(worst.picture), number(worst.baseline), number(worst.candidate), signed(worst.worse)]


def _conditions(outcome: Outcome) -> Iterator[str]:
    sides = [
        (f"{kind} {version.name}", version.hash)
        for kind, version in (("baseline", outcome.baseline), ("candidate", outcome.candidate))
    ]
    yield "<details><summary>What was compared, and how</summary>"
    yield ""
    yield _line(["what", "value"])
    yield "|:--|:--|"
    for name, value in [*sides, ("suite", outcome.suite_hash), *outcome.conditions.items()]:
        yield _line([name, value[:_SHORT] if re.fullmatch("[0-9a-f]{64}", value) else value])
    yield ""
    yield "</details>"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """Return text in which nothing is Markdown, HTML or a mention of somebody, on one line."""
    entities = re.sub(r"[&<>|@#`*_\[\]\\~]", lambda sign: f"&#{ord(sign.group())};", text)
    return " ".join(entities.split())
