"""LoRAs in kohya's format, and merging them into a model: W = W0 + sum of m * alpha / rank * up @ down.

Hu et al. 2021 (LoRA); convolutions as in LoCon: the down factor carries the kernel, the up factor is 1x1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.embedded import kohya_names
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch

    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.kohya_names import Layer

_DOWN, _UP, _ALPHA = ".lora_down.weight", ".lora_up.weight", ".alpha"
_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Factors:
    """The update of one module.

    Attributes:
        down: (rank, in) or (rank, in, kh, kw).
        up: (out, rank) or (out, rank, 1, 1).
        alpha: the update is scaled by alpha / rank.
    """

    down: torch.Tensor
    up: torch.Tensor
    alpha: float

    def update(self) -> torch.Tensor:
        """Return alpha / rank * up @ down in float32, shape (out, in * kh * kw)."""
        product = self.up.float().flatten(1) @ self.down.float().flatten(1)
        return product * (self.alpha / self.down.shape[0])


@dataclass(frozen=True)
class Lora:
    """A LoRA in memory: its factors by kohya's module names, and the digest that tells versions apart."""

    name: str
    content: str
    factors: Mapping[str, Factors]


@dataclass(frozen=True)
class Weighted:
    """A LoRA and how strongly it acts on the text encoders and on the U-Net; any sign, 1 is as trained."""

    lora: Lora
    text: float
    unet: float


def read(tensors: Mapping[str, torch.Tensor], *, name: str, content: str) -> Lora:
    """Sort a LoRA file's tensors into factors.

    Args:
        tensors: as the file holds them.
        name: how messages call it.
        content: a digest of the tensors.

    Raises:
        ModelFileError: another format, incomplete pairs, or values that are not finite.
    """
    stems = {key.split(".", 1)[0] for key in tensors}
    known = {stem + end for stem in stems for end in (_DOWN, _UP, _ALPHA)}
    if foreign := sorted(set(tensors) - known):
        raise ModelFileError(
            f"LoRA {name!r} is not in kohya's plain format: {foreign[0]!r}",
            remedy="Convert it, as sd-scripts and diffusers can; LoHa, LoKr and DoRA are not supported.",
        )
    if broken := [stem for stem in stems if not _is_whole(tensors, stem)]:
        raise ModelFileError(
            f"LoRA {name!r} has a module without finite up and down factors: {min(broken)!r}"
        )
    return Lora(name, content, {stem: _factors(tensors, stem) for stem in sorted(stems)})


def _is_whole(tensors: Mapping[str, torch.Tensor], stem: str) -> bool:
    pair = [tensors[stem + end] for end in (_DOWN, _UP) if stem + end in tensors]
    matching = len(pair) == 2 and pair[1].dim() >= 2 and pair[0].shape[0] == pair[1].shape[1]  # noqa: PLR2004
    return matching and all(bool(factor.isfinite().all()) for factor in pair)


def _factors(tensors: Mapping[str, torch.Tensor], stem: str) -> Factors:
    down = tensors[stem + _DOWN]
    alpha = tensors.get(stem + _ALPHA)
    return Factors(down, tensors[stem + _UP], down.shape[0] if alpha is None else float(alpha))


class Merger:
    """A model's weights with LoRAs merged in; the untouched weights are kept, so that no history adds up."""

    def __init__(self, components: Components) -> None:
        self._modules = kohya_names.modules(components)
        self._pristine: dict[Layer, torch.Tensor] = {}
        self._merged: tuple[tuple[str, float, float], ...] = ()

    def merge(self, loras: Sequence[Weighted]) -> None:
        """Make the model W0 plus exactly these LoRAs; cheap when they are merged already.

        Raises:
            ModelFileError: a LoRA does not fit the model; the model is left as it was.
        """
        acting = sorted(loras, key=lambda weighted: (weighted.lora.content, weighted.text, weighted.unet))
        wanted = tuple((weighted.lora.content, weighted.text, weighted.unet) for weighted in acting)
        if wanted == self._merged:
            return
        for weighted in acting:
            self.require_fit(weighted.lora)
        self._merged = ()
        for module, weight in self._pristine.items():
            module.weight.data.copy_(weight)
        for module, update in self._updates(acting).items():
            weight = self._pristine.setdefault(module, module.weight.data.clone())
            module.weight.data.copy_(weight.float() + update.view_as(weight))
        self._merged = wanted

    def require_fit(self, lora: Lora) -> None:
        """Check that every module of the LoRA is one of the model's, of the same shape.

        Raises:
            ModelFileError: it was made for another base model.
        """
        misfits = [name for name, factors in lora.factors.items() if not self._fits(name, factors)]
        if misfits or not lora.factors:
            shown = ", ".join(misfits[:_NAMES_SHOWN])
            raise ModelFileError(
                f"LoRA {lora.name!r} does not fit this model: {len(misfits)} of its {len(lora.factors)} "
                f"modules have no counterpart of the same shape ({shown})",
                remedy="Use a LoRA that was trained on this base model's family.",
            )

    def _fits(self, name: str, factors: Factors) -> bool:
        module = self._modules.get(name)
        shape = (factors.up.shape[0], factors.down[0].numel())
        return module is not None and module.weight.flatten(1).shape == shape

    def _updates(self, loras: Sequence[Weighted]) -> dict[Layer, torch.Tensor]:
        """Sum the LoRAs' updates of each module, in float32 on the module's device."""
        sums: dict[Layer, torch.Tensor] = {}
        for weighted in loras:
            for name, factors in weighted.lora.factors.items():
                multiplier = weighted.unet if name.startswith(kohya_names.UNET) else weighted.text
                module = self._modules[name]
                update = factors.update().to(module.weight.device) * multiplier
                sums[module] = sums[module] + update if module in sums else update
        return sums
