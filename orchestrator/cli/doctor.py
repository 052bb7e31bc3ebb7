"""`orchestrate doctor`."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from orchestrator.finding import Finding

_MARKS = {"good": "ok", "missing": "--", "bad": "!!"}
_WIDTH = 90  # characters of what is found that stand in a line


def run(args: argparse.Namespace) -> int:
    """Look at the machine and, if named, at the project; exit 1 if something stands in the way."""
    from orchestrator.doctor import look_at_machine, look_at_project

    findings = [*look_at_machine(), *(look_at_project(args.project) if args.project else ())]
    if args.json:
        print(json.dumps({"event": "result", "findings": [asdict(each) for each in findings]}))
    else:
        print(table(findings))
    return 1 if any(each.state == "bad" for each in findings) else 0


def table(findings: list[Finding]) -> str:
    """Return the findings as text, each with its remedy below it."""
    lines = []
    for each in findings:
        first, *rest = textwrap.wrap(each.found, _WIDTH, break_on_hyphens=False) or [""]
        lines.append(f"{_MARKS[each.state]} {each.subject:<18} {first}")
        lines += [f"{'':<21} {more}" for more in [*rest, *([each.remedy] if each.remedy else [])]]
    return "\n".join(lines)
