from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.dataset.select.candidate import Candidate

ALIKE = 2.0  # mean difference of the looks, in grey levels: less is noise, or a hand that moved a little
MEMORY = 512  # looks compared with; bounds the work on a long film, and spans many of its shots


def distinct(candidates: Sequence[Candidate], count: int, /) -> list[Candidate]:
    """Drop near duplicates: of pictures that look alike, the first is kept.

    Looks are compared also across shots, since a dialogue returns to the same two views.
    """
    import numpy as np

    del count
    kept: list[Candidate] = []
    looks: list[np.ndarray] = []
    for candidate in candidates:
        look = candidate.look.astype(np.int16)
        recent = looks[-MEMORY:]
        if not recent or np.abs(np.stack(recent) - look).mean(axis=(1, 2, 3)).min() >= ALIKE:
            kept.append(candidate)
            looks.append(look)
    return kept
