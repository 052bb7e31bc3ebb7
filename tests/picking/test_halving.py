"""Successive halving: what it spends, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from orchestrator.picking.halving import Rung, cost, halve, rungs

COUNTS = st.integers(1, 60)


def judge_by(figures: NDArray[np.float64]) -> Callable[[Sequence[int], int], list[float]]:
    """Return the judge who knows the figure of each candidate on each frame."""
    return lambda alive, probes: figures[list(alive), :probes].mean(axis=1).tolist()


def a_third(candidates: int, probes: int) -> tuple[Rung, ...]:
    return rungs(candidates, probes, candidates * probes // 3)


@given(COUNTS, COUNTS, st.integers(0, 4000))
def test_the_rounds_begin_with_all_candidates_and_end_with_all_frames(
    candidates: int, probes: int, budget: int
) -> None:
    """Every candidate is tried, and what wins was tried on every frame, beside another."""
    ladder = rungs(candidates, probes, budget)

    assert ladder[0].candidates == candidates
    assert ladder[-1].probes == probes
    assert ladder[-1].candidates >= min(candidates, 2)
    left, tried = zip(*ladder, strict=True)
    assert list(left) == sorted(left, reverse=True)
    assert list(tried) == sorted(set(tried))


@given(st.integers(16, 300), st.integers(8, 300))
def test_many_candidates_stay_within_the_budget(candidates: int, probes: int) -> None:
    """Where a third is more than what every candidate gets at least, no more is painted."""
    assert cost(a_third(candidates, probes)) <= candidates * probes // 3


def test_what_can_be_afforded_goes_to_the_finalists() -> None:
    """The rounds of 24 candidates on 16 frames, by hand: a round may cost 117 // 5 = 23."""
    ladder = rungs(24, 16, 117)

    assert ladder == (Rung(24, 1), Rung(12, 2), Rung(6, 5), Rung(5, 16))
    assert cost(ladder) == 24 + 12 + 18 + 55


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40), COUNTS)
def test_without_noise_the_best_wins(values: list[float], probes: int) -> None:
    """Where each frame tells the truth, the winner is the best, and finalists come in their order."""

    def judge(alive: Sequence[int], _: int) -> list[float]:
        return [values[each] for each in alive]

    ranked = halve(range(len(values)), a_third(len(values), probes), judge)

    assert sorted(each.candidate for each in ranked) == list(range(len(values)))
    assert ranked[0].value == max(values)
    finalists = [each.value for each in ranked if each.probes == probes]
    assert finalists == sorted(finalists, reverse=True)


def test_those_dropped_later_rank_above_those_dropped_earlier() -> None:
    """A lucky figure on few frames does not count for more than a place in a later round."""

    def judge(alive: Sequence[int], probes: int) -> list[float]:
        return [-each / probes for each in alive]

    tried = [each.probes for each in halve(range(20), a_third(20, 12), judge)]

    assert tried == sorted(tried, reverse=True)
    assert len(set(tried)) > 1


def test_with_noise_it_comes_near_the_exhaustive_search() -> None:
    """Where frames disagree as much as candidates differ, the winner has 98 % of the best in the mean.

    Three hundred searches among 24 candidates on 16 frames, at a third of the cost. Taking the best by the
    frames of the first round alone does clearly worse, so it is the later rounds that find it.
    """
    random = np.random.default_rng(0)
    found, lucky = [], []
    for _ in range(300):
        figures = 0.1 + random.normal(0, 0.045, (24, 1)) + random.normal(0, 0.036, (24, 16))
        exhaustive = figures.mean(axis=1)
        winner = halve(range(24), a_third(24, 16), judge_by(figures))[0].candidate
        found.append(exhaustive[winner] / exhaustive.max())
        lucky.append(exhaustive[figures[:, 0].argmax()] / exhaustive.max())

    assert np.mean(found) >= 0.98
    assert np.mean(np.array(found) >= 0.98) >= 0.85
    assert np.mean(lucky) < 0.95
