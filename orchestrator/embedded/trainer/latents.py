"""Pictures as the U-Net sees them: encoded by the autoencoder, once for all or anew each time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from orchestrator import digest, files
from orchestrator.embedded.trainer import pixels
from orchestrator.embedded.trainer.recolour import palette, recoloured

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.embedded.trainer.pictures import Picture

PIXELS_PER_CELL = 8


@dataclass(frozen=True)
class Pairing:
    """How noisy inputs are drawn for the objective `img2img_pairs`.

    Attributes:
        variants: recoloured copies of each picture when latents are cached; else one is made each time.
        probability: how often one of them is the input, and not the picture itself.
    """

    variants: int
    probability: float


@dataclass(frozen=True)
class View:
    """One look at a picture.

    Attributes:
        target: its latents, (4, h, w) float32, scaled as the U-Net expects them.
        source: those that noise is added to: the same, or a recoloured copy's.
        corner: top and left of the crop in the resized picture, in pixels.
        size: width and height of the view, in pixels.
    """

    target: torch.Tensor
    source: torch.Tensor
    corner: tuple[int, int]
    size: tuple[int, int]

    def window(self, cells: int, random: Random) -> View:
        """Return a random square of the view, `cells` wide, or as much of it as the view has."""
        height, width = self.target.shape[-2:]
        top, left = random.randint(0, max(0, height - cells)), random.randint(0, max(0, width - cells))
        part = (..., slice(top, top + cells), slice(left, left + cells))
        corner = (self.corner[0] + top * PIXELS_PER_CELL, self.corner[1] + left * PIXELS_PER_CELL)
        size = (min(cells, width) * PIXELS_PER_CELL, min(cells, height) * PIXELS_PER_CELL)
        return View(self.target[part], self.source[part], corner, size)


class Encoder:
    """An autoencoder's first half."""

    def __init__(self, vae: Any, device: str, identity: str) -> None:
        self.identity = identity
        self._vae = vae.float().to(device, memory_format=torch.channels_last)
        self._device = device

    @torch.no_grad()
    def encode(self, pictures: Sequence[NDArray[np.uint8]], seed: int) -> torch.Tensor:
        """Return the latents, (N, 4, h, w) float32 on the CPU, of N pictures (H, W, 3) uint8 of one size.

        Args:
            pictures: what to encode.
            seed: of the draw from the latents' distribution, where the autoencoder gives one.
        """
        values = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(self._device, torch.float32)
        encoded = self._vae.encode((values / 127.5 - 1).contiguous(memory_format=torch.channels_last))
        if hasattr(encoded, "latent_dist"):
            generator = torch.Generator(self._device).manual_seed(seed)
            latents = encoded.latent_dist.sample(generator)
        else:
            latents = encoded.latents
        scaled: torch.Tensor = (latents * self._vae.config.scaling_factor).cpu().contiguous()
        return scaled


class Latents:
    """Draws views of pictures."""

    def __init__(
        self, pictures: Sequence[Picture], encoder: Encoder, pairing: Pairing | None, seed: int
    ) -> None:
        self._pictures = pictures
        self._encoder = encoder
        self._pairing = pairing
        self._seed = seed
        self._style = palette(pixels.read(each.path) for each in pictures) if pairing else None
        self._random = Random(f"views {seed}")  # noqa: S311 - reproducible, not secret
        self._cache: dict[tuple[int, bool], torch.Tensor] = {}

    def remember(self, index: int, folder: Path | None) -> None:
        """Encode a picture, and its mirror image if that is used, once for all.

        Args:
            index: of the picture.
            folder: where encoded pictures are kept for other trainings; None keeps them in memory alone.
        """
        picture = self._pictures[index]
        variants = self._pairing.variants if self._pairing else 0
        corner = pixels.crop_corner(picture.fit, None)
        for mirrored in (False, True) if picture.subset.flip_aug else (False,):
            seed = 2 * index + mirrored + self._seed
            if folder is None:
                latents = self._encoded(picture, corner, variants, seed, mirrored=mirrored)
            else:
                file = folder / f"{self._key(picture, variants, seed, mirrored=mirrored)}.npy"
                if not file.exists():
                    encoded = self._encoded(picture, corner, variants, seed, mirrored=mirrored)
                    _save(file, encoded.numpy())
                latents = torch.from_numpy(np.load(file))
            self._cache[index, mirrored] = latents

    def draw(self, index: int) -> View:
        """Return one look at a picture: mirrored, cropped and recoloured as its settings say."""
        picture, random = self._pictures[index], self._random
        mirrored = picture.subset.flip_aug and random.choice((False, True))
        cached = self._cache.get((index, mirrored))
        corner = pixels.crop_corner(picture.fit, random if picture.subset.random_crop else None)
        chosen = 0
        if self._pairing and random.random() < self._pairing.probability:
            chosen = random.randint(1, self._pairing.variants) if cached is not None else 1
        latents = cached
        if latents is None:
            latents = self._encoded(picture, corner, chosen, random.getrandbits(48), mirrored=mirrored)
        return View(latents[0], latents[chosen], corner, picture.fit.bucket)

    def _encoded(
        self, picture: Picture, corner: tuple[int, int], variants: int, seed: int, *, mirrored: bool
    ) -> torch.Tensor:
        """Return the latents of a picture, and after it of its recoloured copies."""
        whole = pixels.resized(pixels.read(picture.path), picture.fit.resized)
        part = pixels.cropped(whole, corner, picture.fit.bucket)
        part = np.ascontiguousarray(part[:, ::-1] if mirrored else part)
        random = np.random.default_rng(seed)
        copies = [recoloured(part, self._style, random) for _ in range(variants)] if self._style else []
        return self._encoder.encode([part, *copies], seed)

    def _key(self, picture: Picture, variants: int, seed: int, *, mirrored: bool) -> str:
        """Name what the latents depend on, so that those of another size or model are never taken."""
        parts = [
            digest.of_file(picture.path),
            self._encoder.identity,
            asdict(picture.fit),
            variants,
            asdict(self._style) if self._style else None,
            seed,
            mirrored,
        ]
        return digest.of_value(parts)


def _save(file: Path, values: NDArray[Any]) -> None:
    with files.replacing(file) as partial, partial.open("wb") as stream:
        np.save(stream, values)
