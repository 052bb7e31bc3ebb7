"""What metrics are made of: networks, each loaded once, and the pictures of the style."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from orchestrator.metrics.backbone import load_backbone
from orchestrator.metrics.clip import Clip, load_clip
from orchestrator.metrics.dists import DistsNet, load_dists
from orchestrator.metrics.feature_cosine import TAP
from orchestrator.metrics.gram import GRAM_TAPS
from orchestrator.metrics.kept import kept_layers
from orchestrator.metrics.lpips import TRUNKS
from orchestrator.metrics.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Layers
    from orchestrator.metrics.layouts import Architecture
    from orchestrator.metrics.settings import ScoreSettings
    from orchestrator.metrics.table import MetricName

    Frame = NDArray[np.uint8]

# The layers that each metric looks at.
_LOOKS_AT: Mapping[MetricName, tuple[Architecture, tuple[int, ...]]] = {
    "lpips": TRUNKS["alex"],
    "temporal_lpips": TRUNKS["alex"],
    "lpips_vgg": TRUNKS["vgg"],
    "lpips_squeeze": TRUNKS["squeeze"],
    "gram": ("alexnet", GRAM_TAPS["alexnet"]),
    "gram_vgg": ("vgg16", GRAM_TAPS["vgg16"]),
    "feature_cosine": ("alexnet", (TAP,)),
    "style_cosine": ("alexnet", (TAP,)),
    "kid_alexnet": ("alexnet", (TAP,)),
}


@dataclass(frozen=True)
class Loaded:
    """What the metrics of one run have in common.

    Attributes:
        settings: which metrics, and the files of their networks.
        device: `cpu` or `cuda`.
        style: pictures of the style, (H, W, 3) uint8 RGB; gone through once for each metric that needs them.
        kept: a folder for what networks see in source and style; None keeps nothing.
    """

    settings: ScoreSettings
    device: str
    style: Iterable[Frame]
    kept: Path | None

    @cached_property
    def sights(self) -> Mapping[Architecture, Sight]:
        """The networks, each with all the layers that anybody asks for."""
        wanted: dict[Architecture, set[int]] = {}
        for name in self.settings.metrics:
            if name in _LOOKS_AT:
                architecture, taps = _LOOKS_AT[name]
                wanted.setdefault(architecture, set()).update(taps)
        return {each: self._sight(each, tuple(sorted(taps))) for each, taps in wanted.items()}

    @cached_property
    def clip(self) -> Clip:
        """The CLIP model."""
        folder = self.settings.weights.clip
        assert folder is not None, "the settings see to it"
        return load_clip(folder, self.device)

    @cached_property
    def dists(self) -> DistsNet:
        """DISTS's network."""
        weights = self.settings.weights
        assert weights.dists is not None, "the settings see to it"
        return load_dists(weights.vgg16, weights.dists, self.device)

    def style_layers(self, architecture: Architecture) -> Iterator[Layers]:
        """Yield what a network sees in each picture of the style, one picture in memory at a time."""
        sight = self.sights[architecture]
        return (sight.look_at_source([picture])[0] for picture in self.style)

    def _sight(self, architecture: Architecture, taps: tuple[int, ...]) -> Sight:
        files: Mapping[str, Path | None] = dict(self.settings.weights)
        backbone = load_backbone(architecture, files.get(architecture), self.device)
        if self.kept is None or self.device != "cpu":  # a GPU is faster than a disk
            return Sight(backbone, taps)
        return Sight(backbone, taps, kept_layers(self.kept, backbone.layers, taps))
