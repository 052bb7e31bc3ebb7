"""A batch of pictures, made ready for one step."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import torch

from orchestrator.embedded.trainer import captions
from orchestrator.embedded.trainer.conditioning import size_ids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.embedded.trainer.batches import Batch
    from orchestrator.embedded.trainer.config import TrainingConfig
    from orchestrator.embedded.trainer.latents import Latents
    from orchestrator.embedded.trainer.pictures import Picture


@dataclass(frozen=True)
class Examples:
    """What is learned in one pass through the U-Net.

    Attributes:
        target: latents to arrive at, (N, 4, h, w).
        source: latents to start from, likewise.
        captions: N texts.
        sizes: SDXL's size conditioning, (N, 6).
        weights: of each picture's loss, (N,).
    """

    target: torch.Tensor
    source: torch.Tensor
    captions: tuple[str, ...]
    sizes: torch.Tensor
    weights: torch.Tensor


class Drawer:
    """Draws examples of batches: views, windows and captions by chance, as a seed and the settings say."""

    def __init__(
        self, config: TrainingConfig, pictures: Sequence[Picture], latents: Latents, seed: int
    ) -> None:
        self._config = config
        self._pictures = pictures
        self._latents = latents
        self._random = Random(f"examples {seed}")  # noqa: S311 - reproducible, not secret

    def draw(self, batch: Batch) -> Examples:
        """Return one look at each picture of a batch."""
        pictures = [self._pictures[index] for index in batch]
        views = [self._latents.draw(index) for index in batch]
        cells = self._config.latent_window
        if cells and self._random.random() < self._config.latent_window_rate:
            views = [view.window(cells, self._random) for view in views]
        ids = [size_ids(p.size, view.corner, view.size) for p, view in zip(pictures, views, strict=True)]
        prior = self._config.prior_loss_weight
        return Examples(
            target=torch.stack([view.target for view in views]),
            source=torch.stack([view.source for view in views]),
            captions=tuple(captions.seen(p.caption, p.subset, self._random) for p in pictures),
            sizes=torch.tensor(ids, dtype=torch.float32),
            weights=torch.tensor([prior if p.subset.is_reg else 1.0 for p in pictures]),
        )
