"""Successive halving: many candidates on few frames, then few on many.

Jamieson & Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016:
what may be spent is divided equally among the rounds, and each drops the worse half. Here a frame is the unit
of what is spent, what was painted in a round counts in the next, and those who are left go to the end as soon
as that can be afforded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FINALISTS = 2  # at least, so that the winner has somebody to be compared with

T = TypeVar("T")


class Rung(NamedTuple):
    """One round: how many candidates it has, and on how many frames each is tried, earlier ones included."""

    candidates: int
    probes: int


@dataclass(frozen=True)
class Standing(Generic[T]):
    """How a candidate came out.

    Attributes:
        candidate: which one.
        probes: on how many frames it was tried.
        value: its objective on these.
    """

    candidate: T
    probes: int
    value: float


def rungs(candidates: int, probes: int, budget: int) -> tuple[Rung, ...]:
    """Return the rounds; in the first, all candidates are tried, and in the last, all frames are used.

    Args:
        candidates: how many there are, at least 1.
        probes: how many frames, at least 1.
        budget: how many frames may be painted in all. Each candidate gets one and two of them all, whatever
            the budget.
    """
    left, tried, a_round = candidates, 0, budget // max(1, (candidates - 1).bit_length())
    ladder: list[Rung] = []
    while tried < probes:
        affordable = (budget - cost(ladder)) // (probes - tried)
        finalists = min(left, max(affordable, _FINALISTS))
        half = -(-left // 2) if ladder else left
        if finalists >= half:
            ladder.append(Rung(finalists, probes))
        else:
            ladder.append(Rung(half, min(probes, tried + max(1, a_round // half))))
        left, tried = ladder[-1]
    return tuple(ladder)


def cost(ladder: Sequence[Rung]) -> int:
    """Return how many frames are painted: those of an earlier round are not painted again."""
    before = [0, *(rung.probes for rung in ladder)]
    return sum(rung.candidates * (rung.probes - tried) for rung, tried in zip(ladder, before, strict=False))


def halve(
    candidates: Sequence[T], ladder: Sequence[Rung], judge: Callable[[Sequence[T], int], Sequence[float]]
) -> list[Standing[T]]:
    """Return all candidates, the best first: those of the last round, then those dropped before it, ….

    Args:
        candidates: what there is to choose from.
        ladder: the rounds.
        judge: returns the objective of each of some candidates on the first so many frames. Higher is better;
            of equal ones, the one that stands first is kept.
    """
    alive = list(candidates)
    ranked: list[Standing[T]] = []
    for rung, stay in zip(ladder, [*(later.candidates for later in ladder[1:]), 0], strict=True):
        values = judge(alive, rung.probes)
        standings = [Standing(each, rung.probes, value) for each, value in zip(alive, values, strict=True)]
        standings.sort(key=lambda standing: -standing.value)
        ranked[:0] = standings[stay:]
        alive = [standing.candidate for standing in standings[:stay]]
    return ranked
