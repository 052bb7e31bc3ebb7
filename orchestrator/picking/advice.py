"""What a user is told to do with the winner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from orchestrator.picking.candidate import Candidate


def settings(best: Candidate, *, current: str | None, installed: str) -> str:
    """Return the lines of project.yaml that make a run use a candidate.

    Args:
        best: the candidate.
        current: hash of the LoRA that the project paints with now; None for none.
        installed: what the candidate's LoRA is called in prompts.
    """
    stylize: dict[str, Any] = {"lora_weight": best.weight, "strength": best.strength}
    if best.lora.content_hash == current:
        return _yaml({"stylize": stylize})
    if best.lora.step is not None:
        return _yaml({"training": {"step": best.lora.step}, "stylize": stylize})
    hint = f"# not of this project's training: use it as <lora:{installed}:{best.weight:g}>"
    return f"{hint}\n{_yaml({'stylize': stylize})}"


def _yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False).rstrip()
