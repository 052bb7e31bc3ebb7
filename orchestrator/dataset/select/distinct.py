from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dataset.select.candidate import LOOK_SIDE

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
    recent = np.empty((MEMORY, LOOK_SIDE**2 * 3), np.int16)
    for candidate in candidates:
        look = candidate.look.ravel()
        differences = np.abs(recent[: len(kept)] - look).mean(axis=1)
        if not (differences < ALIKE).any():
            recent[len(kept) % MEMORY] = look
            kept.append(candidate)
    return kept
