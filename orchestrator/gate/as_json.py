"""A comparison for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestrator.gate.verdict import EXIT_CODES

if TYPE_CHECKING:
    from orchestrator.gate.data import Outcome

FORMAT = 1


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return a comparison as JSON data: what `Outcome` holds, under its names, and the exit code."""
    return {"format": FORMAT, "exit_code": EXIT_CODES[outcome.verdict], **asdict(outcome)}
