"""A change of the pictures, told apart from the noise of their seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gate_fakes import Studio
from numpy.typing import NDArray
from pydantic import ValidationError

from orchestrator.gate.drift import lasting
from orchestrator.gate.verdict import Judgement, judge
from orchestrator.gate.wording import explanation, verdict

Frames = tuple[NDArray[np.uint8], ...]


def noisy(rng: np.random.Generator, level: float, seeds: int = 2) -> Frames:
    """Return one frame with noise of each seed."""
    return tuple(
        np.clip(level + rng.normal(0, 10, (16, 16, 3)), 0, 255).round().astype(np.uint8) for _ in range(seeds)
    )


def test_drift_is_the_product_of_the_differences_of_two_seeds() -> None:
    """By hand: changes of 2 and 4 levels make 8 squared levels; with a third seed each has its own mean."""
    black = np.zeros((4, 4, 3), np.uint8)
    assert lasting((black, black), (black + 2, black + 4)) == [8.0, 8.0]
    assert lasting((black,) * 3, (black + 1, black + 2, black + 3)) == [2.5, 4.0, 4.5]
    assert lasting((black + 9, black + 5), (black + 9, black + 5)) == [0.0, 0.0]


def test_noise_alone_is_no_drift_in_the_mean() -> None:
    """Over many frames it is 0 with other seeds on both sides, and a shift's square where there is one."""
    rng = np.random.default_rng(0)
    nothing = [lasting(noisy(rng, 120), noisy(rng, 120))[0] for _ in range(400)]
    shifted = [lasting(noisy(rng, 120), noisy(rng, 123))[0] for _ in range(400)]
    error = np.std(nothing) / 20
    assert abs(np.mean(nothing)) < 3 * error
    assert np.mean(shifted) == pytest.approx(9, abs=1.5)
    assert error < 0.5


def test_a_slight_change_is_caught_that_no_other_metric_sees(studio: Studio) -> None:
    """One level of brightness passes, until the suite asks for drift; a LoRA beside itself has none."""
    one, other = (
        studio.lora("one", noise=0.0, luck=0.0),
        studio.lora("other", noise=0.0, luck=0.0, strength=0.79),
    )
    plain = studio.suite(seeds=(1, 2))
    assert studio.gate(plain, one, other).outcome.verdict == "pass"
    strict = studio.suite(seeds=(1, 2), metrics={"style": 3.0, "structure": 0.05, "drift": 0.05})
    found = studio.gate(strict, one, other).outcome
    assert [row.judgement.verdict for row in found.rows] == ["pass", "pass", "inconclusive"]
    assert found.rows[2].baseline == 0
    assert "the pictures changed, and nothing shows that they became better" in explanation(found.rows[2])
    assert studio.gate(strict, one, one).outcome.verdict == "pass"


def test_what_became_better_may_drift(studio: Studio) -> None:
    """More of the style is another picture, and no regression; the drift is shown, and why it passes."""
    weak, strong = studio.lora("weak", strength=0.4), studio.lora("strong", strength=0.9)
    suite = studio.suite(seeds=(1, 2), metrics={"style": 3.0, "drift": 0.05})
    better, worse = studio.gate(suite, weak, strong), studio.gate(suite, strong, weak)
    style, drift = better.outcome.rows
    assert (better.outcome.verdict, style.judgement.improved) == ("pass", True)
    assert drift.judgement.excused
    assert drift.judgement.worse > 1
    assert verdict(drift) == "pass, since others improved"
    assert worse.outcome.verdict == "regression"


def test_an_improvement_excuses_nothing_but_drift() -> None:
    """A metric that became worse stays a regression, whatever else became better."""
    clips = [f"clip{index}" for index in range(12)]
    jitter = np.random.default_rng(1).normal(0, 0.01, 12)

    def each(mean: float) -> dict[str, float]:
        return dict(zip(clips, mean + jitter, strict=True))

    judged: dict[str, Judgement] = judge(
        {"a": each(-1.0), "b": each(1.0), "drift": each(1.0)}, {"a": 0.1, "b": 0.1, "drift": 0.1}, 0.95
    )
    assert {name: each.verdict for name, each in judged.items()} == {
        "a": "pass",
        "b": "regression",
        "drift": "pass",
    }


@pytest.mark.parametrize("seeds", [(1,), (7,)])
def test_one_seed_shows_no_drift(studio: Studio, seeds: Any) -> None:
    """It could not be told from noise, so the suite is refused."""
    with pytest.raises(ValidationError, match="drift needs two seeds"):
        studio.suite(seeds=seeds, metrics={"drift": 0.1})
