"""`orchestrate webui probe`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from orchestrator.cli.doctor import table
from orchestrator.cli.named_webui import named_webui

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Look at a WebUI; exit 1 if it cannot paint, or lacks something for the project."""
    from orchestrator.doctor import look_at_webui
    from orchestrator.project import load

    style = load(args.project).stylize if args.project else None
    findings = list(look_at_webui(named_webui(args), style))
    if args.json:
        print(json.dumps({"event": "result", "findings": [asdict(each) for each in findings]}))
    else:
        print(table(findings))
    return 1 if any(each.state == "bad" for each in findings) else 0
