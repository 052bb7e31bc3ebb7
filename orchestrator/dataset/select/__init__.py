"""Which pictures of a source are taken: rules, applied one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dataset.select.distinct import distinct
from orchestrator.dataset.select.sharp import sharp
from orchestrator.dataset.select.spread import evenly, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.dataset.select.candidate import Candidate, Rule
    from orchestrator.dataset.settings import RuleName, SelectSettings

RULES: dict[RuleName, Rule] = {"sharp": sharp, "distinct": distinct, "spread": spread}


def choose(candidates: Sequence[Candidate], settings: SelectSettings) -> list[Candidate]:
    """Apply the rules in their order; if more than `count` are left, take them at equal distances.

    Returns:
        Between one and `count` candidates, in order of index; none only where none was given.
    """
    left = list(candidates)
    for name in settings.rules:
        left = RULES[name](left, settings.count)
    return evenly(left, settings.count)
