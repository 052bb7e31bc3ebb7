"""Latents as img2img leaves them, noised and denoised by the U-Net: the decoder learns to mend them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from orchestrator.embedded.pocket.recipe.unet import add_noise, noise_schedule

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor


class Repainter:
    """A U-Net that denoises without a caption.

    Attributes:
        scale: The autoencoder's scaling factor.
        strongest: Highest timestep, exclusive.
    """

    def __init__(self, model: Path, scale: float, strongest: int = 300) -> None:
        """Load `unet`, `text_encoder` and `tokenizer` of a folder in diffusers' layout."""
        from diffusers import UNet2DConditionModel
        from transformers import CLIPTextModel, CLIPTokenizer

        self.scale, self.strongest = scale, strongest
        self._unet: Any = UNet2DConditionModel.from_pretrained(model / "unet", torch_dtype=torch.float32)
        self._signals = noise_schedule().alphas_cumprod
        tokenizer = CLIPTokenizer.from_pretrained(model / "tokenizer")
        tokens = tokenizer(
            "", padding="max_length", max_length=tokenizer.model_max_length, return_tensors="pt"
        )
        text_encoder = CLIPTextModel.from_pretrained(model / "text_encoder", torch_dtype=torch.float32)
        with torch.no_grad():
            self._context = text_encoder(tokens.input_ids).last_hidden_state

    @torch.no_grad()
    def __call__(self, latents: Tensor) -> Tensor:
        """Return the U-Net's estimates of unscaled latents, (N, 4, h, w), after noise of random strength."""
        times = torch.randint(1, self.strongest, (len(latents),))
        signal = self._signals[times]
        noisy, _ = add_noise(latents * self.scale, torch.randn_like(latents), signal)
        velocity = self._unet(noisy, times, self._context.expand(len(latents), -1, -1)).sample.float()
        signal = signal.view(-1, 1, 1, 1)
        estimate: Tensor = signal.sqrt() * noisy - (1 - signal).sqrt() * velocity
        return estimate / self.scale
