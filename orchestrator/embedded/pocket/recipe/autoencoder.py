"""Step 3: train the autoencoder on `crops.npy`; writes the folder `vae`.

A second run with `--resume` and `--freeze-encoder` polishes the decoder alone, beside the U-Net's training:
latents that exist stay valid.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from orchestrator.embedded.pocket.recipe.optimizer import Muon
from orchestrator.embedded.pocket.recipe.perceptual import Lpips, ssim
from orchestrator.embedded.pocket.recipe.schedule import Average, budget, checkpoint

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


def build() -> Any:
    """Make an untrained autoencoder: 8x smaller, 4 channels; most of its depth lies where pixels are few."""
    from diffusers import AutoencoderTiny

    return AutoencoderTiny(
        encoder_block_out_channels=(32,) * 4,
        decoder_block_out_channels=(48,) * 4,
        num_encoder_blocks=(0, 1, 2, 4),
        num_decoder_blocks=(6, 4, 2, 0),
    )


def draw(
    crops: NDArray[np.uint8], chances: NDArray[np.float64], size: int, rng: np.random.Generator
) -> Tensor:
    """Draw 8 windows of crops as (8, 3, size, size) in [-1, 1], mirrored half of the time."""
    windows = []
    for index in np.searchsorted(chances, rng.random(8)):
        top, left = rng.integers(0, crops.shape[1] - size + 1, 2)
        window = crops[index, top : top + size, left : left + size]
        windows.append(window[:, ::-1] if rng.random() < 0.5 else window)
    batch = torch.from_numpy(np.stack(windows)).permute(0, 3, 1, 2)
    scaled: Tensor = batch.float() / 127.5 - 1
    return scaled.contiguous(memory_format=torch.channels_last)


def spread(latents: Tensor) -> Tensor:
    """Return how far the latents' channels are from mean 0 and variance 1, and values from [-3, 3]."""
    mean, variance = latents.mean((0, 2, 3)), latents.var((0, 2, 3))
    outside = torch.relu(latents.abs() - 3).pow(2).mean()
    off: Tensor = (mean**2).mean() + (variance.clamp_min(1e-4).log() ** 2).mean() + 0.1 * outside
    return off


def difference(picture: Tensor, made: Tensor, lpips: Lpips) -> Tensor:
    """Weigh pixels, structure and LPIPS into one loss."""
    pixels = (made - picture).abs().mean() + 0.5 * ((made - picture) ** 2).mean()
    loss: Tensor = pixels + 0.15 * (1 - ssim(picture, made)) + 0.3 * lpips(made, picture).mean()
    return loss


def train(vae: Any, crops: NDArray[np.uint8], detail: NDArray[np.float32], lpips: Lpips, args: Any) -> None:
    """Train until `args.seconds` are spent; a checkpoint every 1,000 steps and at the end."""
    chances = np.cumsum(np.clip(detail, 1, 14) ** 0.7)
    chances /= chances[-1]
    parameters = [p for p in vae.parameters() if p.requires_grad]
    optimizer, average = Muon(parameters, tuple(args.rates)), Average(parameters)
    rng, losses = np.random.default_rng(args.seed), []
    for step, scale in budget(args.seconds):
        picture = draw(crops, chances, args.window, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            latents = vae.encoder(picture).float()
            made = vae.decoder(latents + args.noise * torch.randn_like(latents)).float()
            loss = difference(picture, made, lpips)
        loss = loss + (0 if args.freeze_encoder else 0.02 * spread(latents))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step(scale)
        average.update()
        losses.append(loss.item())
        if step % 100 == 99:
            print(f"step {step + 1} loss {np.mean(losses[-100:]):.4f} rate {scale:.2f}", flush=True)
        if step % 1000 == 999:
            save(vae, average, args.work / args.out)
    save(vae, average, args.work / args.out)


def save(vae: Any, average: Average, folder: Path) -> None:
    """Write the averaged weights."""
    average.swap()
    checkpoint(folder, vae.save_pretrained)
    average.swap()


def main() -> None:
    """Read the crops, train, write the autoencoder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--out", default="vae")
    parser.add_argument("--resume", type=Path, help="start from this autoencoder")
    parser.add_argument("--freeze-encoder", action="store_true")
    parser.add_argument("--rates", type=float, nargs=2, default=(0.01, 1e-3), help="of Muon and of AdamW")
    parser.add_argument("--window", type=int, default=96)
    parser.add_argument(
        "--noise", type=float, default=0.06, help="on the latents, so that small errors do little"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true", help="for processors with AVX-512 BF16")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    from diffusers import AutoencoderTiny

    vae = AutoencoderTiny.from_pretrained(args.resume, torch_dtype=torch.float32) if args.resume else build()
    vae.encoder.requires_grad_(not args.freeze_encoder)
    vae.to(memory_format=torch.channels_last)
    crops, detail = np.load(args.work / "crops.npy", mmap_mode="r"), np.load(args.work / "detail.npy")
    train(vae, crops, detail, Lpips(), args)


if __name__ == "__main__":
    main()
