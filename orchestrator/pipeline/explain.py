"""Says what would run, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.pipeline.order import needed, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.pipeline.stage import Stage
    from orchestrator.pipeline.store import Record, Store

Action = Literal["keep", "make", "resume", "skip"]


@dataclass(frozen=True)
class Plan:
    """What would happen to one stage.

    Attributes:
        stage: its name.
        action: keep what is there, make it, resume what was begun, or skip it since nothing needs it.
        reason: why, in words.
    """

    stage: str
    action: Action
    reason: str


def explain(targets: Sequence[Stage[Any]], store: Store) -> list[Plan]:
    """Return one plan a stage, in the order of a run."""
    missing = {stage.key for stage in needed(targets, store.finished)}
    return [_plan(stage, store, missing) for stage in ordered(targets)]


def _plan(stage: Stage[Any], store: Store, missing: set[str]) -> Plan:
    if store.finished(stage):
        return Plan(stage.name, "keep", "nothing has changed")
    if stage.key not in missing:
        return Plan(stage.name, "skip", "what needs it is already made")
    if store.begun(stage) and stage.resumes:
        return Plan(stage.name, "resume", "an earlier run was cut short; its finished part is kept")
    return Plan(stage.name, "make", _why(stage, store.latest(stage.name)))


def _why(stage: Stage[Any], before: Record | None) -> str:
    if before is None:
        return "never made"
    reasons = list(_changes(before.settings, stage.settings))
    if before.version != stage.version:
        reasons.append("this version makes it differently")
    changed = [each.name for each in stage.inputs if before.inputs.get(each.name) != each.key]
    if changed:
        reasons.append(f"{', '.join(changed)} changed")
    return "; ".join(reasons) or "it is gone"


def _changes(before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key in sorted({*before, *now}):
        old, new, name = before.get(key), now.get(key), f"{prefix}{key}"
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _changes(old, new, f"{name}.")
        elif old != new:
            yield f"{name}: {_short(old)} → {_short(new)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"  # noqa: PLR2004 - digests and long prompts
