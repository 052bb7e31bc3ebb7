"""What makes one candidate better than another: style gained, less structure lost at its price."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

PRICE = 1.0


class Figures(NamedTuple):
    """What was measured of one painted frame.

    Attributes:
        distance: Gram distance to the style's pictures, above 0.
        likeness: SSIM to the source frame, -1 to 1.
    """

    distance: float
    likeness: float


class Gain(NamedTuple):
    """What a LoRA changed, compared with the same frame painted from the same noise without one.

    Attributes:
        style: share of the Gram distance to the style that is gone; 0 without a LoRA, 1 in the style itself.
        lost: SSIM lost; below 0 where the frame became more like the source.
    """

    style: float
    lost: float


def gain(painted: Figures, plain: Figures) -> Gain:
    """Return what a LoRA changed on one frame.

    Args:
        painted: with it.
        plain: without it, at the project's own strength.
    """
    return Gain(1 - painted.distance / plain.distance, plain.likeness - painted.likeness)


def mean(gains: Sequence[Gain]) -> Gain:
    """Return the mean over frames, of which there is at least one."""
    return Gain(fmean(each.style for each in gains), fmean(each.lost for each in gains))


def objective(gained: Gain, price: float = PRICE) -> float:
    """Return how good that is: style gained - price x structure lost; 0 is as good as no LoRA.

    Args:
        gained: of one frame, or the mean of several.
        price: what a unit of SSIM is worth. At 1, a hundredth of SSIM is given for a hundredth of the style
            distance.
    """
    return gained.style - price * gained.lost


def front(gains: Sequence[Gain]) -> tuple[int, ...]:
    """Return the places of those that no other surpasses in one respect without being worse in the other.

    That is the Pareto front: whatever the price, the best is among them. They come by structure lost,
    ascending.
    """
    order = sorted(range(len(gains)), key=lambda place: (gains[place].lost, -gains[place].style))
    found: list[int] = []
    for place in order:
        if not found or gains[place].style > gains[found[-1]].style:
            found.append(place)
    return tuple(found)
