"""The model's three mappings: picture to latents, latents to picture, and the guided prediction of noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from PIL import Image

    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.webui.conditioning import Conditioning

PIXELS_PER_LATENT = 8


class NotFinite(Exception):
    """The model's numbers overflowed: its weights or a LoRA's are bad."""


@dataclass(frozen=True)
class Meaning:
    """What the prompts of a picture say to the U-Net.

    Attributes:
        positive: what to go towards.
        negative: what to go away from; None where guidance is off, which halves the work.
        scale: how far: 1 is no guidance (Ho & Salimans 2022).
    """

    positive: Conditioning
    negative: Conditioning | None
    scale: float


def to_latents(components: Components, picture: Image.Image) -> torch.Tensor:
    """Encode an RGB picture (h * 8, w * 8) into latents (1, 4, h, w), scaled as the U-Net knows them.

    The mean of the encoder's distribution is taken, so that a picture has one encoding.
    """
    import numpy as np
    import torch

    vae = components.vae
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].to(vae.device)
    encoded = vae.encode((pixels.float() / 127.5 - 1).to(vae.dtype))
    latents = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
    return latents.float() * vae.config.scaling_factor  # type: ignore[no-any-return]


def to_picture(components: Components, latents: torch.Tensor) -> Image.Image:
    """Decode latents (1, 4, h, w) into an RGB picture (h * 8, w * 8).

    Raises:
        NotFinite: the latents or the decoded pixels hold NaN or infinity.
    """
    from PIL import Image

    vae = components.vae
    pixels = vae.decode((latents / vae.config.scaling_factor).to(vae.dtype)).sample[0].float()
    if not bool(pixels.isfinite().all()):
        raise NotFinite("the model painted no numbers (NaN): its weights or those of a LoRA are bad")
    levels = ((pixels.clamp(-1, 1) + 1) * 127.5).round().byte()
    return Image.fromarray(levels.permute(1, 2, 0).contiguous().cpu().numpy())


def predictor(
    components: Components, meaning: Meaning, width: int, height: int
) -> Callable[[torch.Tensor, Any], torch.Tensor]:
    """Return the U-Net as a function of latents (1, 4, h, w) and timestep, with guidance.

    Args:
        components: the model.
        meaning: the prompts.
        width: of the picture in pixels; SDXL is told it.
        height: likewise.
    """
    import torch

    unet = components.unet
    sides = [meaning.positive] if meaning.negative is None else [meaning.negative, meaning.positive]
    tokens = torch.cat([side.tokens for side in sides]).to(unet.dtype)
    options: dict[str, Any] = {"encoder_hidden_states": tokens, "return_dict": False}
    if meaning.positive.pooled is not None:
        sizes = torch.tensor([[height, width, 0, 0, height, width]] * len(sides), dtype=unet.dtype)
        pooled = torch.cat([side.pooled for side in sides if side.pooled is not None]).to(unet.dtype)
        options["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": sizes.to(unet.device)}

    def predict(latents: torch.Tensor, timestep: Any) -> torch.Tensor:
        batch = torch.cat([latents] * len(sides)).to(unet.dtype, memory_format=torch.channels_last)
        predicted = unet(batch, timestep, **options)[0].float()
        if len(sides) == 1:
            return predicted  # type: ignore[no-any-return]
        away, towards = predicted.chunk(2)
        return away + meaning.scale * (towards - away)  # type: ignore[no-any-return]

    return predict
