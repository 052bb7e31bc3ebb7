"""How often the gate errs, on simulated suites with known effects."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from orchestrator.gate import power
from orchestrator.gate.evidence import holm, p_above, p_below

SUITES = 1500
RESAMPLES = 1999
ALPHA = 0.025
TOLERANCE = 0.5
FRAMES, SEEDS = 4, 2
# three standard errors of a share of 0.025 in so many suites
SLACK = 3 * (ALPHA * (1 - ALPHA) / SUITES) ** 0.5


def suites(clips: int, effect: float, *, noise: str = "normal", seed: int = 0) -> NDArray[np.float64]:
    """Return the means of clips, which differ much; of seeds, which differ less; of frames, the least."""
    rng = np.random.default_rng(seed)
    draws = {
        "normal": rng.standard_normal,
        "heavy": lambda shape: rng.standard_t(3, shape) / 3**0.5,
        "skewed": lambda shape: rng.exponential(size=shape) - 1,
    }
    draw = draws[noise]
    by_clip = draw((clips, 1, 1, SUITES))
    by_seed = 0.5 * draw((clips, SEEDS, 1, SUITES))
    by_frame = 0.3 * draw((clips, SEEDS, FRAMES, SUITES))
    whole: NDArray[np.float64] = (effect + by_clip + by_seed + by_frame).mean(axis=(1, 2))
    return whole


def regressions(values: NDArray[np.float64], alpha: float = ALPHA) -> float:
    return float((p_above(values, TOLERANCE, resamples=RESAMPLES) <= alpha).mean())


def passes(values: NDArray[np.float64]) -> float:
    return float((p_below(values, TOLERANCE, resamples=RESAMPLES) <= ALPHA).mean())


@pytest.mark.parametrize("clips", [7, 12, 30])
@pytest.mark.parametrize("noise", ["normal", "heavy"])
def test_errors_are_as_rare_as_promised_at_the_very_tolerance(clips: int, noise: str) -> None:
    """Where the truth is the tolerance itself, the hardest case, each error stays at 2.5 %."""
    values = suites(clips, TOLERANCE, noise=noise)
    assert regressions(values) <= ALPHA + SLACK
    assert passes(values) <= ALPHA + SLACK


def test_skewed_differences_do_not_fool_it() -> None:
    """Where most clips differ little and a few much, neither error is more than twice as frequent."""
    values = suites(12, TOLERANCE, noise="skewed")
    assert regressions(values) <= ALPHA + SLACK
    assert regressions(-values + 2 * TOLERANCE) <= 2 * ALPHA + SLACK


def test_equal_loras_are_hardly_ever_a_regression() -> None:
    """Where there is no difference but noise, a regression is told far less often than in 1 of 20 suites."""
    assert regressions(suites(12, 0.0)) <= 0.005


def test_frames_are_no_clips() -> None:
    """Taking each frame for evidence of its own would err many times as often: hence the means of clips."""
    rng = np.random.default_rng(3)
    by_clip = rng.standard_normal((7, 1, SUITES))
    frames = (TOLERANCE + by_clip + 0.3 * rng.standard_normal((7, 8, SUITES))).reshape(56, SUITES)
    assert regressions(frames) > 5 * ALPHA


def test_a_seed_shared_by_all_clips_would_fool_it() -> None:
    """What all clips share is invisible to drawing clips: hence noise of its own for each clip."""
    rng = np.random.default_rng(4)
    shared = 0.7 * rng.standard_normal((1, SUITES))
    assert regressions(suites(12, TOLERANCE) + shared) > 5 * ALPHA


def test_real_effects_are_found() -> None:
    """With 12 clips, what lies 1.2 deviations beyond the tolerance is found in 9 of 10 suites or more."""
    assert regressions(suites(12, TOLERANCE + 1.3)) >= 0.9
    assert passes(suites(12, TOLERANCE - 1.3)) >= 0.9


def test_the_estimate_of_clips_holds() -> None:
    """So many clips as are said to decide do so with a power of about 80 %."""
    deviation = float(suites(40, 0.0).std(ddof=1))
    wanted = power.needed(0.8, deviation, ALPHA)
    assert wanted is not None
    assert 0.75 <= regressions(suites(wanted, TOLERANCE + 0.8, seed=9)) <= 0.9
    assert 0.75 <= passes(suites(wanted, TOLERANCE - 0.8, seed=9)) <= 0.9


def test_holm_keeps_the_error_of_all_metrics_together() -> None:
    """With five metrics that lie at their tolerances, a false regression in any is as rare as with one."""
    p_values = np.stack(
        [p_above(suites(12, TOLERANCE, seed=seed), TOLERANCE, resamples=RESAMPLES) for seed in range(5)]
    )
    corrected = np.array([holm(list(column)) for column in p_values.T])
    assert (p_values.min(axis=0) <= ALPHA).mean() > 3 * ALPHA
    assert (corrected.min(axis=1) <= ALPHA).mean() <= ALPHA + SLACK
