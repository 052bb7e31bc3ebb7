"""The `score` part of project.yaml: what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from orchestrator.metrics.table import MetricName
from orchestrator.settings import InputPath, Settings

if TYPE_CHECKING:
    from pathlib import Path


class NetworkWeights(Settings):
    """Networks too large to ship: safetensors files with torchvision's weights.

    Attributes:
        vgg16: for `lpips_vgg` and `gram_vgg`.
        squeezenet1_1: for `lpips_squeeze`.
    """

    vgg16: InputPath | None = None
    squeezenet1_1: InputPath | None = None


_WEIGHTS: dict[MetricName, str] = {
    "lpips_vgg": "vgg16",
    "gram_vgg": "vgg16",
    "lpips_squeeze": "squeezenet1_1",
}


class ScoreSettings(Settings):
    """What is measured, and where it is computed.

    Attributes:
        metrics: the figures wanted, each once; see `orchestrator.metrics.table`.
        device: where networks run; `auto` takes a GPU if there is one.
        weights: files of networks that do not ship.
    """

    metrics: tuple[MetricName, ...] = Field(default=("lpips", "ssim", "warp_error"), min_length=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    weights: NetworkWeights = NetworkWeights()

    @model_validator(mode="after")
    def _can_be_measured(self) -> ScoreSettings:
        if len(set(self.metrics)) < len(self.metrics):
            raise ValueError("each metric can be named once")
        for name in self.metrics:
            network = _WEIGHTS.get(name)
            if network and getattr(self.weights, network) is None:
                raise ValueError(f"'{name}' needs `weights: {{{network}: FILE.safetensors}}`")
        return self

    @property
    def files(self) -> dict[str, Path]:
        """The files that the metrics need, by the network in them."""
        needed = {_WEIGHTS[name] for name in self.metrics if name in _WEIGHTS}
        return {name: path for name, path in self.weights if name in needed}
