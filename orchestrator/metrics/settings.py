"""The `score` part of project.yaml: what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from orchestrator.metrics.table import METRICS, MetricName
from orchestrator.settings import InputPath, Settings

if TYPE_CHECKING:
    from pathlib import Path


class NetworkWeights(Settings):
    """Networks that do not ship.

    Attributes:
        vgg16: for `lpips_vgg`, `gram_vgg` and `dists`: a safetensors file with torchvision's weights.
        squeezenet1_1: for `lpips_squeeze`: likewise.
        dists: for `dists`: the authors' `weights.pt`, or a safetensors file with its `alpha` and `beta`.
        clip: for `clip_text` and `clip_frames`: a folder with a CLIP model as transformers saves it.
    """

    vgg16: InputPath | None = None
    squeezenet1_1: InputPath | None = None
    dists: InputPath | None = None
    clip: InputPath | None = None


_WEIGHTS: dict[MetricName, tuple[str, ...]] = {
    "lpips_vgg": ("vgg16",),
    "gram_vgg": ("vgg16",),
    "lpips_squeeze": ("squeezenet1_1",),
    "dists": ("vgg16", "dists"),
    "clip_text": ("clip",),
    "clip_frames": ("clip",),
}


class ScoreSettings(Settings):
    """What is measured, and where it is computed.

    Attributes:
        metrics: the figures wanted, each once; see `orchestrator.metrics.table`.
        device: where networks run; `auto` takes a GPU if there is one.
        weights: files of networks that do not ship.
        text: what `clip_text` compares the results with.
        mask: a picture, folder or video whose bright pixels count, the others not; all count when left out.
        region: `outside` counts the other pixels instead.
    """

    metrics: tuple[MetricName, ...] = Field(default=("lpips", "ssim", "warp_error"), min_length=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    weights: NetworkWeights = NetworkWeights()
    text: str | None = Field(default=None, min_length=1)
    mask: InputPath | None = None
    region: Literal["inside", "outside"] = "inside"

    @model_validator(mode="after")
    def _can_be_measured(self) -> ScoreSettings:
        if len(set(self.metrics)) < len(self.metrics):
            raise ValueError("each metric can be named once")
        for name in self.metrics:
            for network in _WEIGHTS.get(name, ()):
                if getattr(self.weights, network) is None:
                    raise ValueError(f"'{name}' needs `weights: {{{network}: FILE}}`")
            if METRICS[name].needs == "text" and self.text is None:
                raise ValueError(f"'{name}' needs `text`")
            if METRICS[name].needs == "masks" and self.mask is None:
                raise ValueError(f"'{name}' needs `mask`")
        return self

    @property
    def files(self) -> dict[str, Path]:
        """The files and folders that the metrics need, by what they are."""
        needed = {network for name in self.metrics for network in _WEIGHTS.get(name, ())}
        named = {name: path for name, path in self.weights if name in needed}
        return named if self.mask is None else {**named, "mask": self.mask}

    @property
    def safetensors(self) -> tuple[Path, ...]:
        """Those of them that are safetensors files."""
        return tuple(path for path in self.files.values() if path.suffix == ".safetensors")

    @property
    def needs_shots(self) -> bool:
        """Whether anything is measured from frame to frame, which has no meaning across a cut."""
        return any(METRICS[name].needs in {"motion", "masks"} for name in self.metrics)

    @property
    def needs_style(self) -> bool:
        """Whether anything is measured against pictures of the style."""
        return any(METRICS[name].needs in {"style", "set"} for name in self.metrics)
