"""The search for the best candidate, whoever paints and measures."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import stdev
from typing import TYPE_CHECKING, NamedTuple

from orchestrator.picking.halving import Rung, halve, rungs
from orchestrator.picking.objective import PRICE, front, gain, mean, objective

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.picking.candidate import Candidate
    from orchestrator.picking.objective import Figures, Gain


_SHARE = 1 / 3  # of the frames that all candidates on all probes would take


class Trial(NamedTuple):
    """One frame painted with one candidate; without any LoRA where that is None."""

    candidate: Candidate | None
    probe: int


@dataclass(frozen=True)
class Ranked:
    """How a candidate came out.

    Attributes:
        candidate: which one.
        gains: on each frame that it was tried on, in the order of the probes.
        objective: of their mean.
        error: the standard error of that; None after a single frame.
        on_front: whether it is on the Pareto front of those that were tried on all frames.
    """

    candidate: Candidate
    gains: tuple[Gain, ...]
    objective: float
    error: float | None
    on_front: bool

    @property
    def gain(self) -> Gain:
        """The mean over its frames."""
        return mean(self.gains)


def search(
    candidates: Sequence[Candidate],
    probes: Sequence[int],
    measured: Callable[[Sequence[Trial]], Mapping[Trial, Figures]],
    *,
    price: float = PRICE,
    exhaustive: bool = False,
) -> tuple[Ranked, ...]:
    """Return the candidates, the best first; those that were dropped early come last.

    Args:
        candidates: at least one.
        probes: frames to try them on, at least one.
        measured: paints and measures what it has not yet; asked once a round.
        price: what structure costs; see `orchestrator.picking.objective`.
        exhaustive: every candidate is tried on every frame.
    """
    known: dict[Trial, Figures] = {}

    def gains(candidate: Candidate, count: int) -> tuple[Gain, ...]:
        return tuple(
            gain(known[Trial(candidate, probe)], known[Trial(None, probe)]) for probe in probes[:count]
        )

    def judge(alive: Sequence[Candidate], count: int) -> list[float]:
        trials = [Trial(each, probe) for each in (None, *alive) for probe in probes[:count]]
        known.update(measured([trial for trial in trials if trial not in known]))
        return [objective(mean(gains(each, count)), price) for each in alive]

    standings = halve(candidates, _ladder(len(candidates), len(probes), exhaustive=exhaustive), judge)
    every = [gains(each.candidate, each.probes) for each in standings]
    complete = [place for place, each in enumerate(standings) if each.probes == len(probes)]
    best = {complete[place] for place in front([mean(every[each]) for each in complete])}
    return tuple(
        Ranked(each.candidate, every[place], each.value, _error(every[place], price), place in best)
        for place, each in enumerate(standings)
    )


def _ladder(candidates: int, probes: int, *, exhaustive: bool) -> tuple[Rung, ...]:
    if exhaustive:
        return (Rung(candidates, probes),)
    whole = (candidates + 1) * probes  # with the frames without a LoRA, which are painted either way
    return rungs(candidates, probes, int(whole * _SHARE) - probes)


def _error(gains: Sequence[Gain], price: float) -> float | None:
    values = [objective(each, price) for each in gains]
    return stdev(values) / sqrt(len(values)) if len(values) > 1 else None
