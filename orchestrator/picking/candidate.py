"""What there is to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Entrant:
    """A LoRA that may be chosen.

    Attributes:
        name: what users know it by, such as `step 150`.
        content_hash: its `sshs_model_hash`, 64 hex digits.
        step: after which the project's own training saved it; None for a LoRA of another origin.
    """

    name: str
    content_hash: str
    step: int | None = None


@dataclass(frozen=True)
class Candidate:
    """A LoRA as it may be used.

    Attributes:
        lora: which one.
        weight: how strongly it acts.
        strength: how much is painted anew, 0 nothing to 1 everything.
    """

    lora: Entrant
    weight: float
    strength: float

    def __str__(self) -> str:
        return f"{self.lora.name}, weight {self.weight:g}, strength {self.strength:g}"


def crossed(
    loras: Sequence[Entrant], weights: Sequence[float], strengths: Sequence[float]
) -> tuple[Candidate, ...]:
    """Return every LoRA at every weight and strength; of LoRAs with equal tensors the first alone."""
    different = {lora.content_hash: lora for lora in reversed(loras)}
    kept = [lora for lora in loras if different[lora.content_hash] is lora]
    return tuple(Candidate(*each) for each in product(kept, dict.fromkeys(weights), dict.fromkeys(strengths)))
