"""The LoRA while it is trained: which modules get one, and the low-rank pairs themselves.

LoRA: Hu et al. 2021, https://arxiv.org/abs/2106.09685; for convolutions as in sd-scripts' `networks.lora`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from orchestrator.embedded import kohya_names
from orchestrator.errors import LoraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.embedded.checkpoint import Components

_ATTENTION = {"Transformer2DModel"}
_CONVOLUTIONAL = {"ResnetBlock2D", "Downsample2D", "Upsample2D"}
_TEXT = {"CLIPAttention", "CLIPSdpaAttention", "CLIPFlashAttention2", "CLIPMLP"}


@dataclass(frozen=True)
class Plan:
    """What is trained.

    Attributes:
        rank, alpha: of linear layers and 1x1 convolutions.
        convolutions: rank and alpha of 3x3 convolutions; None leaves the convolutional blocks alone.
        unet, text_encoders: which models get a LoRA.
        dropout: the share of the inner features set to 0 at each step.
        without: a module of the U-Net with one of these in its name is left alone.
    """

    rank: int
    alpha: float
    convolutions: tuple[int, float] | None
    unet: bool
    text_encoders: bool
    dropout: float = 0.0
    without: tuple[str, ...] = ()


class LowRankPair(nn.Module):
    """`up(down(x)) * alpha / rank` for one linear or convolutional module; 0 until trained."""

    lora_down: nn.Linear | nn.Conv2d
    lora_up: nn.Linear | nn.Conv2d
    alpha: torch.Tensor

    def __init__(self, base: nn.Linear | nn.Conv2d, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.lora_down, self.lora_up = _pair(base, rank)
        nn.init.kaiming_uniform_(self.lora_down.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_up.weight)
        self.register_buffer("alpha", torch.tensor(float(alpha)))
        self.dropout = nn.Dropout(dropout)
        self.scale = alpha / rank

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return what is to be added to the base module's output; computed in 32 bits outside of autocast."""
        if not torch.is_autocast_enabled(features.device.type):
            features = features.to(self.lora_down.weight.dtype)
        inner = self.dropout(self.lora_down(features)) * self.scale  # scaled where it is smallest
        added: torch.Tensor = self.lora_up(inner)
        return added


def _pair(base: nn.Linear | nn.Conv2d, rank: int) -> tuple[nn.Linear | nn.Conv2d, nn.Linear | nn.Conv2d]:
    if isinstance(base, nn.Linear):
        return (
            nn.Linear(base.in_features, rank, bias=False),
            nn.Linear(rank, base.out_features, bias=False),
        )
    shape: dict[str, Any] = {"kernel_size": base.kernel_size, "stride": base.stride, "padding": base.padding}
    return (
        nn.Conv2d(base.in_channels, rank, bias=False, **shape),
        nn.Conv2d(rank, base.out_channels, kernel_size=1, bias=False),
    )


class LoraNetwork(nn.Module):
    """All low-rank pairs of a training, by their names in the file.

    Its `state_dict` is what the file holds.
    """

    def __init__(self, components: Components, plan: Plan) -> None:
        super().__init__()
        for name, base, rank, alpha in _targets(components, plan):
            pair = LowRankPair(base, rank, alpha, plan.dropout).to(base.weight.device)
            self.add_module(name, pair)
            base.register_forward_hook(_adding(pair))

    def parameters_of(self, prefix: str) -> list[nn.Parameter]:
        """Return the trained tensors of the modules whose names start with `prefix`."""
        return [parameter for name, parameter in self.named_parameters() if name.startswith(prefix)]

    def start_from(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take over the tensors of an earlier LoRA.

        Raises:
            LoraError: it was trained on other modules or with another rank.
        """
        own = self.state_dict()
        shared = own.keys() & tensors.keys()
        differences = {
            "lacks": own.keys() - tensors.keys(),
            "has beside ours": tensors.keys() - own.keys(),
            "has in another shape": {name for name in shared if own[name].shape != tensors[name].shape},
            "has another": {n for n in shared if n.endswith("alpha") and float(own[n]) != float(tensors[n])},
        }
        for kind, names in differences.items():
            if names:
                raise LoraError(
                    f"network_weights {kind} {min(names)} (and {len(names) - 1} more such tensors)",
                    remedy="Give network_dim, network_alpha, network_args, network_train_* as they were.",
                )
        self.load_state_dict({name: tensors[name].to(own[name]) for name in own})


def _adding(pair: LowRankPair) -> Any:
    def hook(base: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
        del base
        added: torch.Tensor = pair(inputs[0])
        return output + added.to(output.dtype)

    return hook


def _targets(components: Components, plan: Plan) -> Iterator[tuple[str, Any, int, float]]:
    """Yield the name in the file, the module, rank and alpha of all that is trained."""
    if plan.text_encoders:
        for number, encoder in enumerate(components.text_encoders):
            for module, base in _layers_within(encoder, _TEXT):
                name = kohya_names.text_name_in_file(module, components.family, number)
                yield name, base, plan.rank, plan.alpha
    if plan.unet:
        blocks = _ATTENTION | (_CONVOLUTIONAL if plan.convolutions else set())
        unet = components.unet
        paths = [path for path, _ in unet.named_modules()]
        names = kohya_names.names_in_file(paths, components.family, unet.config.layers_per_block)
        for module, base in _layers_within(unet, blocks):
            if any(part in module for part in plan.without):
                continue
            wide = isinstance(base, nn.Conv2d) and base.kernel_size != (1, 1)
            rank, alpha = plan.convolutions if wide and plan.convolutions else (plan.rank, plan.alpha)
            yield names[module], base, rank, alpha


def _layers_within(model: nn.Module, kinds: set[str]) -> Iterator[tuple[str, nn.Module]]:
    """Yield linear and convolutional layers inside of modules whose class is one of `kinds`."""
    for outer, block in model.named_modules():
        if type(block).__name__ in kinds:
            for inner, layer in block.named_modules():
                if isinstance(layer, (nn.Linear, nn.Conv2d)):
                    yield f"{outer}.{inner}", layer
