"""The statistics of the gate: hand-computed examples, invariances, and what they promise by their form."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import norm, rankdata, wilcoxon

from orchestrator.errors import ProjectError
from orchestrator.gate import bootstrap, power
from orchestrator.gate.differences import Picture, clip_means, column, mean_over_clips, worse_by
from orchestrator.gate.evidence import holm, p_above, p_below
from orchestrator.gate.signed_ranks import p_positive
from orchestrator.gate.verdict import EXIT_CODES, Judgement, judge, overall

VALUES = st.lists(st.integers(-500, 500).map(lambda value: value / 1000), min_size=8, max_size=10)


def clips(values: list[float]) -> dict[str, float]:
    return {f"clip{index}": value for index, value in enumerate(values)}


def judged(values: list[float], tolerance: float = 0.1) -> Judgement:
    return judge({"lpips": clips(values)}, {"lpips": tolerance}, 0.95)["lpips"]


def test_holm_by_hand() -> None:
    """Four p values: times 4, 3, 2, 1 by size, none below the one before, in the order they came."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.6, 0.5]) == (1.0, 1.0)
    assert holm([0.02]) == pytest.approx((0.02,))


def test_a_difference_counts_in_the_metric_s_own_direction() -> None:
    """A higher LPIPS is worse, a higher SSIM is better; pictures that one side lacks are left out."""
    a, b, c = Picture("x", 1, 0), Picture("x", 1, 1), Picture("y", 1, 0)
    before, after = {a: 0.5, b: 0.25}, {a: 0.75, c: 0.5}
    assert worse_by(before, after, "lower") == {a: 0.25}
    assert worse_by(before, after, "higher") == {a: -0.25}


def test_each_clip_counts_once() -> None:
    """A clip with many frames and seeds weighs no more than one with a single picture."""
    long = {Picture("long", seed, frame): 1.0 for seed in (1, 2) for frame in range(50)}
    values = {**long, Picture("short", 1, 0): 0.0}
    assert clip_means(values) == {"long": 1.0, "short": 0.0}
    assert mean_over_clips(values) == 0.5


def test_figures_that_have_no_mean_are_refused() -> None:
    """An infinite PSNR and a metric without figures are told, not averaged."""
    with pytest.raises(ProjectError, match="psnr is inf on x, frame 3, seed 1"):
        column({Picture("x", 1, 3): {"psnr": float("inf")}}, "psnr")
    with pytest.raises(ProjectError, match="warp_error has no figure"):
        column({Picture("x", 1, 0): {"warp_error": None}}, "warp_error")
    found = column(
        {Picture("x", 1, 0): {"warp_error": None}, Picture("x", 1, 1): {"warp_error": 0.5}}, "warp_error"
    )
    assert found == {Picture("x", 1, 1): 0.5}


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_ranks_with_ties_are_as_all_flips_counted_one_by_one(values: list[int]) -> None:
    """The share of sign flips whose positive ranks sum up to as much; zeros have a rank, but no sign."""
    ranks = rankdata(np.abs(values))
    signed = [(rank, value > 0) for rank, value in zip(ranks, values, strict=True) if value]
    seen = sum(rank for rank, positive in signed if positive)
    flips = [
        sum(rank for (rank, _), taken in zip(signed, signs, strict=True) if taken) >= seen
        for signs in product((True, False), repeat=len(signed))
    ]
    assert p_positive(np.array(values, float)) == pytest.approx(np.mean(flips))


def test_ranks_without_ties_are_scipy_s() -> None:
    """Sample by sample, for few clips and for many."""
    for clips in (3, 12, 40):
        values = np.random.default_rng(clips).normal(0.2, 1, (clips, 5))
        expected = wilcoxon(values, alternative="greater", method="exact", axis=0).pvalue
        assert p_positive(values) == pytest.approx(expected)


def test_a_claim_must_stand_before_mean_and_ranks() -> None:
    """The p value is the larger one of the two."""
    near, far = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]), np.array([0.1] * 9 + [-0.6])
    for values in (near, far):
        by_mean = bootstrap.p_above(bootstrap.resampled_means(values), len(values), 0)
        assert p_above(values, 0.0) == max(by_mean, p_positive(values))
    assert p_above(near, 0.0) == p_positive(near)
    assert p_above(far, 0.0) > 4 * p_positive(far)


def test_the_interval_is_the_percentile_one_widened_for_few_clips() -> None:
    """For many clips it is scipy's percentile interval; for few even ones Student's, which is exact there."""
    many = np.random.default_rng(5).exponential(size=300)
    low, high = bootstrap.interval(bootstrap.resampled_means(many, 9999), len(many), 0.95)
    drawn = scipy_bootstrap(
        (many,), np.mean, n_resamples=4999, method="percentile", rng=np.random.default_rng(1)
    )
    other = drawn.confidence_interval
    assert (low, high) == pytest.approx((other.low, other.high), abs=0.01)
    few = norm.ppf((np.arange(8) + 0.5) / 8)
    half = 2.3646 * few.std(ddof=1) / np.sqrt(8)
    found = bootstrap.interval(bootstrap.resampled_means(few), 8, 0.95)
    assert found == pytest.approx((-half, half), rel=0.05)


def test_p_values_and_intervals_tell_the_same() -> None:
    """A threshold at the end of the interval has the p value that the interval leaves out on that side."""
    values = np.random.default_rng(7).normal(size=12)
    means = bootstrap.resampled_means(values)
    low, high = bootstrap.interval(means, 12, 0.95)
    assert bootstrap.p_above(means, 12, low) == pytest.approx(0.025, rel=0.01)
    assert bootstrap.p_above(-means, 12, -high) == pytest.approx(0.025, rel=0.01)


@settings(max_examples=30, deadline=None)
@given(VALUES)
def test_swapping_the_sides_mirrors_the_verdict(values: list[float]) -> None:
    """A regression one way is an improvement the other: equal p values, the interval mirrored."""
    one, other = judged(values), judged([-value for value in values])
    assert (one.p_worse, one.p_better) == (other.p_better, other.p_worse)
    assert (one.verdict == "regression") == other.improved
    assert one.interval is not None
    assert other.interval is not None
    assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]), abs=1e-9)
    assert one.worse == -other.worse


@settings(max_examples=30, deadline=None)
@given(VALUES, st.randoms())
def test_order_does_not_matter(values: list[float], random: object) -> None:
    """Clips in another order, and frames within clips, give the very same judgement."""
    named = list(clips(values).items())
    shuffled = named.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert judge({"m": dict(shuffled)}, {"m": 0.1}, 0.95) == judge({"m": dict(named)}, {"m": 0.1}, 0.95)
    pictures = [(Picture("x", 1, frame), value) for frame, value in enumerate(values)]
    mixed = pictures.copy()
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert clip_means(dict(mixed)) == clip_means(dict(pictures))


@settings(max_examples=30, deadline=None)
@given(VALUES, st.integers(-6, 6))
def test_the_unit_does_not_matter(values: list[float], exponent: int) -> None:
    """Figures and tolerance in a unit twice as large, or half, have the same verdict and p values."""
    factor = 2.0**exponent
    one, other = judged(values), judged([value * factor for value in values], 0.1 * factor)
    assert (one.verdict, one.p_worse, one.p_not_worse) == (other.verdict, other.p_worse, other.p_not_worse)


@settings(max_examples=30, deadline=None)
@given(VALUES)
def test_worse_figures_are_never_judged_better(values: list[float]) -> None:
    """Where every clip gets worse by as much, a regression gets surer or stays sure, and a pass does not."""
    one, other = judged(values), judged([value + 0.05 for value in values])
    assert other.p_worse <= one.p_worse + 1e-12
    assert other.p_not_worse >= one.p_not_worse - 1e-12


@settings(max_examples=30, deadline=None)
@given(VALUES, st.floats(0.01, 0.5))
def test_no_metric_is_both(values: list[float], tolerance: float) -> None:
    """Worse by more than the tolerance, and not worse by as much, are never both sure."""
    assert min(judged(values, tolerance).p_worse, judged(values, tolerance).p_not_worse) > 0
    assert judged(values, tolerance).p_worse + judged(values, tolerance).p_not_worse >= 0.9


def test_the_same_lora_twice_passes() -> None:
    """Differences of nothing at all are confidently below any tolerance, with as few clips as can decide."""
    least = power.fewest(0.025)
    assert judged([0.0] * least).verdict == "pass"
    assert judged([0.0] * (least - 1)).verdict == "inconclusive"


def test_one_clip_decides_nothing() -> None:
    """However large its difference is: it is told how many more clips can decide at all."""
    alone = judged([5.0])
    assert (alone.verdict, alone.interval, alone.more_clips) == (
        "inconclusive",
        None,
        power.fewest(0.025) - 1,
    )


def test_a_single_clip_cannot_make_a_regression() -> None:
    """One clip that is ruined among many that are equal sways the mean, but not the ranks."""
    assert judged([0.0] * 9 + [9.0]).verdict != "regression"


def test_several_metrics_must_each_be_surer() -> None:
    """What one metric alone would show is no regression any more if nine others were looked at as well."""
    shown = clips([0.12, 0.14, 0.16, 0.13, 0.15, 0.18, 0.17])
    alone = judge({"a": shown}, {"a": 0.1}, 0.95)
    quiet = {f"quiet{index}": clips([0.0, 0.01, -0.01, 0.0, 0.01, -0.01, 0.0]) for index in range(9)}
    among = judge({"a": shown, **quiet}, dict.fromkeys(["a", *quiet], 0.1), 0.95)
    assert alone["a"].verdict == "regression"
    assert among["a"].verdict == "inconclusive"
    assert all(each.verdict == "pass" for name, each in among.items() if name != "a")


def test_the_verdict_on_all() -> None:
    """One regression is one, a pass needs all, and the exit codes are 0, 1 and 2."""
    assert overall(["pass", "inconclusive", "regression"]) == "regression"
    assert overall(["pass", "inconclusive"]) == "inconclusive"
    assert overall(["pass", "pass"]) == "pass"
    assert EXIT_CODES == {"pass": 0, "regression": 1, "inconclusive": 2}


def test_the_fewest_clips_can_decide_and_one_less_cannot() -> None:
    """With the fewest clips the clearest difference is sure; with one less it cannot be."""
    for alpha in (0.025, 0.025 / 3, 0.025 / 10):
        least = power.fewest(alpha)
        assert p_above(np.linspace(5, 6, least), 0.0) <= alpha < p_above(np.linspace(5, 6, least - 1), 0.0)
        assert p_below(-np.linspace(5, 6, least), 0.0) <= alpha


def test_how_many_more_clips() -> None:
    """More for a smaller margin, a larger spread, a stricter error; None at the tolerance itself."""
    base = power.needed(0.1, 0.1, 0.025)
    assert base is not None
    for stricter in (
        power.needed(0.05, 0.1, 0.025),
        power.needed(0.1, 0.2, 0.025),
        power.needed(0.1, 0.1, 0.001),
    ):
        assert stricter is not None
        assert stricter > base
    assert power.needed(0.1, 0.0, 0.025) == power.fewest(0.025)
    assert power.needed(0.0, 0.1, 0.025) is None
    assert power.needed(1e-6, 0.1, 0.025) is None
    assert power.frames(clips=3, frames_so_far=20, clips_so_far=8) == 8
