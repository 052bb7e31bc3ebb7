"""For each metric what makes it ready to measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from orchestrator.metrics import scorers
from orchestrator.metrics.colour_distance import colour_distance, palette
from orchestrator.metrics.dists import dists
from orchestrator.metrics.edges import edge_f1
from orchestrator.metrics.feature_cosine import cosine, mean_cosine, mean_direction, vector
from orchestrator.metrics.gram import GRAM_TAPS, distance, grams, mean_grams
from orchestrator.metrics.kid import Kid
from orchestrator.metrics.loaded import Loaded
from orchestrator.metrics.lpips import TRUNKS, apart, load_heads
from orchestrator.metrics.ms_ssim import ms_ssim
from orchestrator.metrics.psnr import psnr
from orchestrator.metrics.scorers import Scorer, SetScorer
from orchestrator.metrics.ssim import ssim

if TYPE_CHECKING:
    from orchestrator.metrics.gram import GramTrunk
    from orchestrator.metrics.lpips import Trunk
    from orchestrator.metrics.table import MetricName

Maker = Callable[[Loaded], Scorer]


def _lpips(trunk: Trunk) -> Maker:
    def make(loaded: Loaded) -> Scorer:
        sight = loaded.sights[TRUNKS[trunk][0]]
        heads = load_heads(trunk, sight.backbone.device)
        return scorers.of_layers(sight, lambda a, b, region: apart(a, b, heads, region))

    return make


def _temporal_lpips(loaded: Loaded) -> Scorer:
    sight = loaded.sights["alexnet"]
    return scorers.of_change(sight, load_heads("alex", sight.backbone.device))


def _dists(loaded: Loaded) -> Scorer:
    net = loaded.dists
    return scorers.of_layers(net, lambda a, b, region: dists(a, b, net, region))


def _ssim(loaded: Loaded) -> Scorer:
    if loaded.device == "cpu":
        return scorers.of_pixels(ssim)
    return scorers.of_ssim_on(loaded.device)


def _feature_cosine(loaded: Loaded) -> Scorer:
    return scorers.of_layers(
        loaded.sights["alexnet"], lambda a, b, region: cosine(vector(a, region), vector(b, region))
    )


def _gram(trunk: GramTrunk) -> Maker:
    def make(loaded: Loaded) -> Scorer:
        taps = GRAM_TAPS[trunk]
        style = mean_grams(grams(layers, taps) for layers in loaded.style_layers(trunk))
        return scorers.of_result_layers(
            loaded.sights[trunk], lambda layers, region: distance(grams(layers, taps, region), style)
        )

    return make


def _style_cosine(loaded: Loaded) -> Scorer:
    direction = mean_direction(map(vector, loaded.style_layers("alexnet")))
    return scorers.of_result_layers(
        loaded.sights["alexnet"], lambda layers, region: mean_cosine(vector(layers, region), direction)
    )


def _style_colour(loaded: Loaded) -> Scorer:
    style = palette(loaded.style)
    return scorers.of_result(lambda frame, region: colour_distance(frame, style, region))


def _kid(loaded: Loaded) -> SetScorer:
    style = [vector(layers) for layers in loaded.style_layers("alexnet")]
    return SetScorer(scorers.vectors(loaded.sights["alexnet"], vector), Kid(style))


SCORERS: Mapping[MetricName, Maker] = {
    "lpips": _lpips("alex"),
    "lpips_vgg": _lpips("vgg"),
    "lpips_squeeze": _lpips("squeeze"),
    "dists": _dists,
    "ssim": _ssim,
    "ms_ssim": lambda _: scorers.of_pixels(ms_ssim),
    "psnr": lambda _: scorers.of_pixels(psnr),
    "edge_f1": lambda _: scorers.of_pixels(edge_f1),
    "feature_cosine": _feature_cosine,
    "warp_error": lambda _: scorers.of_motion,
    "temporal_lpips": _temporal_lpips,
    "flicker": lambda _: scorers.of_flicker,
    "mask_iou": lambda _: scorers.of_masks,
    "clip_frames": lambda loaded: scorers.of_neighbours(loaded.clip),
    "gram": _gram("alexnet"),
    "gram_vgg": _gram("vgg16"),
    "style_cosine": _style_cosine,
    "style_colour": _style_colour,
    "clip_text": lambda loaded: scorers.of_text(loaded.clip, loaded.settings.text or ""),
}
SETS: Mapping[MetricName, Callable[[Loaded], SetScorer]] = {"kid_alexnet": _kid}
