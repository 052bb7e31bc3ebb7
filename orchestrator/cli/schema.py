"""`orchestrate schema`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Print the JSON Schema of project.yaml."""
    del args
    from orchestrator.project import Project

    print(json.dumps(Project.model_json_schema(by_alias=True, mode="validation"), indent=2))
    return 0
