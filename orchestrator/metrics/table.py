"""What each metric says of itself: the one list of metrics there are."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

SMALLEST_SIDE = 32  # pixels: below, the last feature map of one of the networks is empty

MetricName = Literal["lpips", "lpips_vgg", "lpips_squeeze", "ssim", "warp_error", "gram", "gram_vgg"]
Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """What a figure means.

    Attributes:
        label: how it is called where people read it, with net and version where it has them.
        unit: what one unit of it is; empty for an index that has none.
        better: which direction is the better one, all else equal.
        bounds: the least and the greatest value that it can take.
        needs: `pair`: a source and a result frame; `motion`: also the pair before, in the same shot;
            `style`: the result frame and pictures of the style.
        paper: who defined it.
    """

    label: str
    unit: str
    better: Better
    bounds: tuple[float, float]
    needs: Literal["pair", "motion", "style"]
    paper: str


_ZHANG = "Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018"
_GATYS = "after Gatys et al., A Neural Algorithm of Artistic Style, 2015"


def _lpips(net: str) -> Metric:
    return Metric(f"LPIPS 0.1 to source ({net})", "perceptual distance", "lower", (0, inf), "pair", _ZHANG)


def _gram(net: str) -> Metric:
    return Metric(f"Gram distance to style ({net})", "share of style", "lower", (0, inf), "style", _GATYS)


METRICS: Mapping[MetricName, Metric] = {
    "lpips": _lpips("AlexNet"),
    "lpips_vgg": _lpips("VGG-16"),
    "lpips_squeeze": _lpips("SqueezeNet 1.1"),
    "ssim": Metric(
        label="SSIM to source (RGB, Gaussian window)",
        unit="",
        better="higher",
        bounds=(-1, 1),
        needs="pair",
        paper="Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, 2004",
    ),
    "warp_error": Metric(
        label="Warp error along the source's motion",
        unit="squared colour, 0 to 1",
        better="lower",
        bounds=(0, 1),
        needs="motion",
        paper="Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018",
    ),
    "gram": _gram("AlexNet"),
    "gram_vgg": _gram("VGG-16"),
}
