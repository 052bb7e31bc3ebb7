"""`orchestrate gate`: whether a new version of a LoRA may replace the one in use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from orchestrator.gate.data import Outcome
    from orchestrator.gate.gate import Gated
    from orchestrator.stages.gated import GateSuite


def run(args: argparse.Namespace) -> int:
    """Compare, write what was asked for, and return the verdict as an exit code."""
    from orchestrator import document
    from orchestrator.cli.show import shown
    from orchestrator.gate.verdict import EXIT_CODES
    from orchestrator.pipeline.store import WORK
    from orchestrator.stages.gated import GateSuite, gated

    suite = document.read(args.suite, GateSuite)
    work = args.suite.absolute().parent / WORK / "gate"
    with shown(as_json=args.json) as progress:
        found = gated(
            suite,
            work,
            baseline=args.baseline,
            candidate=args.candidate,
            bless=args.bless,
            progress=progress,
        )
    written = _written(found, suite, args)
    _tell(found.outcome, written, args)
    return EXIT_CODES[found.outcome.verdict]


def _written(found: Gated, suite: GateSuite, args: argparse.Namespace) -> list[Path]:
    from orchestrator.gate import outputs

    files: list[Path] = []
    if args.junit:
        outputs.write_junit(found, args.junit)
        files.append(args.junit)
    if args.markdown:
        outputs.write_markdown(found, args.markdown)
        files.append(args.markdown)
    if args.html:
        files += outputs.write_html(found, suite, args.html)
    return files


def _tell(outcome: Outcome, written: list[Path], args: argparse.Namespace) -> None:
    from orchestrator.gate.as_json import as_json

    if args.json:
        told = {"blessed": args.bless, "files": list(map(str, written)), **as_json(outcome)}
        print(json.dumps({"event": "result", **told}), flush=True)
        return
    print(_as_text(outcome))
    if args.bless:
        print(f"{outcome.candidate.name} is the baseline of the suite {outcome.suite} from now on")
    for file in written:
        print(f"written: {file}")


def _as_text(outcome: Outcome) -> str:
    from rich.console import Console
    from rich.table import Table

    from orchestrator.gate.wording import explanation, headline, interval, number, signed, verdict

    rows = Table(box=None, pad_edge=False)
    for column in ("metric", "baseline", "candidate", "worse by", "interval", "matters from", "verdict"):
        rows.add_column(column, justify="left" if column in {"metric", "verdict"} else "right")
    for row in outcome.rows:
        judged = row.judgement
        figures = (number(row.baseline), number(row.candidate), signed(judged.worse), interval(row))
        rows.add_row(row.metric, *figures, number(judged.tolerance), verdict(row))
    console = Console(width=110)
    with console.capture() as table:
        console.print(rows)
    undecided = [
        f"{row.metric}: {explanation(row)}" for row in outcome.rows if row.judgement.verdict == "inconclusive"
    ]
    head = f"{outcome.verdict}: {headline(outcome)}"
    return "\n".join([head, table.get().rstrip(), *undecided, f"suite {outcome.suite} {outcome.suite_hash}"])
