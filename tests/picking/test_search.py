"""The search, over figures that are known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.picking.candidate import Candidate, Entrant, crossed
from orchestrator.picking.objective import Figures
from orchestrator.picking.search import Trial, search

PROBES = tuple(range(100, 116))
LORAS = [Entrant(f"step {step}", f"{step:064x}", step) for step in (50, 100, 150, 200)]
CANDIDATES = crossed(LORAS, (0.5, 1.0, 1.5), (0.3, 0.5))


def figures(trial: Trial) -> Figures:
    """Best is step 150 at weight 1: style grows until there, and structure is lost with the strength."""
    wobble = 0.001 * (trial.probe % 3)
    if trial.candidate is None:
        return Figures(0.8 + wobble, 0.7)
    each = trial.candidate
    distance = 0.5 + abs((each.lora.step or 0) - 150) / 1000 + abs(each.weight - 1) / 10
    return Figures(distance + wobble, 0.7 - each.strength / 10)


class Studio:
    """Gives figures, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Trial] = []

    def measured(self, trials: Sequence[Trial]) -> dict[Trial, Figures]:
        self.asked += trials
        return {each: figures(each) for each in trials}


def test_it_finds_the_best_and_asks_for_a_third() -> None:
    """Of 400 frames, baseline included, at most a third is asked for, and none twice."""
    studio = Studio()

    ranked = search(CANDIDATES, PROBES, studio.measured)

    assert ranked[0].candidate == Candidate(LORAS[2], 1.0, 0.3)
    assert len(studio.asked) == len(set(studio.asked)) <= 25 * len(PROBES) / 3
    assert {each.candidate for each in ranked} == set(CANDIDATES)
    assert sum(trial.candidate is None for trial in studio.asked) == len(PROBES)


def test_an_exhaustive_search_asks_for_all() -> None:
    """Then every candidate has figures of every frame, and the front is that of all."""
    studio = Studio()

    ranked = search(CANDIDATES, PROBES, studio.measured, exhaustive=True)

    assert len(studio.asked) == 25 * len(PROBES)
    assert ranked[0].candidate == Candidate(LORAS[2], 1.0, 0.3)
    assert all(len(each.gains) == len(PROBES) for each in ranked)
    assert [each.candidate for each in ranked if each.on_front] == [ranked[0].candidate]


def test_the_price_decides() -> None:
    """Where structure costs nothing, a stronger painting may win."""

    def stronger(trials: Sequence[Trial]) -> dict[Trial, Figures]:
        return {
            each: Figures(0.8 - (each.candidate.strength if each.candidate else 0), figures(each).likeness)
            for each in trials
        }

    best = {price: search(CANDIDATES, PROBES, stronger, price=price)[0].candidate for price in (0, 20)}

    assert best[0].strength == 0.5
    assert best[20].strength == 0.3


def test_equal_tensors_are_tried_once() -> None:
    """A file that is given and was also saved by the training is one candidate, under its first name."""
    twice = [Entrant("step 50", "a" * 64, 50), Entrant("copy", "a" * 64), Entrant("other", "b" * 64)]

    assert [each.lora.name for each in crossed(twice, (1.0, 1.0), (0.4,))] == ["step 50", "other"]
