"""A batch of pictures, made ready for one step."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import torch

from orchestrator.embedded.trainer import captions
from orchestrator.embedded.trainer.conditioning import size_ids
from orchestrator.embedded.trainer.latents import PIXELS_PER_CELL

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
        """Return one look at each picture of a batch: a window of it, or the whole of a part of the batch.

        Windows and wholes together have about as many cells, so that each step costs the same.
        """
        cells = self._config.latent_window
        looks = [(self._pictures[index], self._latents.draw(index)) for index in batch]
        if cells and self._random.random() < self._config.latent_window_rate:
            looks = [(picture, view.window(cells, self._random)) for picture, view in looks]
        elif cells:
            looks = looks[: _as_costly(looks[0][0], cells, len(looks))]
        prior = self._config.prior_loss_weight
        return Examples(
            target=torch.stack([view.target for _, view in looks]),
            source=torch.stack([view.source for _, view in looks]),
            captions=tuple(captions.seen(it.caption, it.subset, self._random) for it, _ in looks),
            sizes=torch.tensor([size_ids(it.size, view.corner, view.size) for it, view in looks]).float(),
            weights=torch.tensor([prior if it.subset.is_reg else 1.0 for it, _ in looks]),
        )


def _as_costly(picture: Picture, cells: int, windows: int) -> int:
    """Return how many whole pictures have as many cells as windows of `cells` by `cells`; 1 at least."""
    width, height = picture.fit.bucket
    return max(1, round(windows * (cells * PIXELS_PER_CELL) ** 2 / (width * height)))
