"""Successive halving: many candidates on few frames, then few on many.

Jamieson & Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, AISTATS 2016,
with a frame as the unit of what is spent; that two of three are dropped is Li et al., Hyperband, JMLR 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEPT = 3  # one in so many goes on
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


def rungs(candidates: int, probes: int) -> tuple[Rung, ...]:
    """Return the rounds; in the first, all candidates are tried, and in the last, all frames are used.

    Args:
        candidates: how many there are, at least 1.
        probes: how many frames, at least 1.
    """
    reversed_probes = [probes]
    while reversed_probes[-1] > 1:
        reversed_probes.append(_ceiling(reversed_probes[-1], KEPT))
    ladder, left = [], candidates
    for each in reversed(reversed_probes):
        ladder.append(Rung(left, each))
        left = max(_ceiling(left, KEPT), min(left, _FINALISTS))
    return tuple(ladder)


def cost(ladder: Sequence[Rung]) -> int:
    """Return how many frames are painted: those of an earlier round are not painted again."""
    first = ladder[0]
    later = (now.candidates * (now.probes - before.probes) for before, now in pairwise(ladder))
    return first.candidates * first.probes + sum(later)


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


def _ceiling(number: int, divisor: int) -> int:
    return -(-number // divisor)
