"""What a command says at its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def tell(outcome: Mapping[str, Any], stages: Sequence[str], *, as_json: bool) -> None:
    """Print what was made and where it lies.

    Args:
        outcome: names and values.
        stages: the stages that had to be made for it.
        as_json: one JSON object instead of lines.
    """
    if as_json:
        print(json.dumps({"event": "result", "made": list(stages), **outcome}), flush=True)
        return
    print(f"made: {', '.join(stages)}" if stages else "nothing to do: it is made already")
    for name, value in outcome.items():
        print(f"{name:<10}{value}")
