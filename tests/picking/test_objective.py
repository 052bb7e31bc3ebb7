"""Style gained, structure lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.picking.objective import Figures, Gain, front, gain, mean, objective

SMALL = st.floats(-1, 1)
GAINS = st.builds(Gain, SMALL, SMALL)


def test_nothing_changed_is_worth_nothing() -> None:
    """No LoRA at all is the zero of the scale."""
    plain = Figures(distance=0.8, likeness=0.7)

    assert objective(gain(plain, plain)) == 0


def test_style_gained_is_paid_for_with_structure() -> None:
    """A quarter of the distance gained at a tenth of SSIM lost is worth 0.15 at price 1, and less at 2."""
    gained = gain(Figures(0.6, 0.6), Figures(0.8, 0.7))

    assert gained == pytest.approx((0.25, 0.1))
    assert objective(gained) == pytest.approx(0.15)
    assert objective(gained, price=2) == pytest.approx(0.05)


@given(st.lists(GAINS, min_size=1, max_size=20), st.floats(0, 10))
def test_the_best_at_any_price_is_on_the_front(gains: list[Gain], price: float) -> None:
    """Whoever prefers another price finds its best among the same few."""
    best = max(objective(each, price) for each in gains)

    assert max(objective(gains[place], price) for place in front(gains)) == pytest.approx(best)


@given(st.lists(GAINS, min_size=1, max_size=20))
def test_nobody_surpasses_the_front(gains: list[Gain]) -> None:
    """No candidate is better in both respects than one on the front."""
    for place in front(gains):
        assert not any(other.style > gains[place].style and other.lost < gains[place].lost for other in gains)


def test_the_mean_is_taken_before_the_price() -> None:
    """The objective of the mean is the mean of the objectives."""
    gains = [Gain(0.2, 0.1), Gain(0.4, -0.1)]

    assert objective(mean(gains)) == pytest.approx((objective(gains[0]) + objective(gains[1])) / 2)
