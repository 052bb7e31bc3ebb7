"""Step 5: train the U-Net and the text encoder together; writes the folders `unet` and `text_encoder`.

Velocity prediction, losses weighted by min-SNR 5 (Hang et al. 2023), captions dropped now and then. Most
steps see 16 x 16 windows of the latents: convolutions learn as well from them, and four times as many fit
into the time.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from orchestrator.embedded.pocket.recipe.optimizer import Muon
from orchestrator.embedded.pocket.recipe.schedule import Average, budget, checkpoint

if TYPE_CHECKING:
    from torch import Tensor

WIDTHS = (64, 128, 192)
TEXT_WIDTH = 128
VALIDATION = 40  # latents kept apart
DROPPED = 0.12  # share of captions replaced by the empty one
ALL_TIMES = 0.1  # share of steps that see timesteps up to 1,000


@dataclass(frozen=True)
class Examples:
    """Latents with their captions.

    Attributes:
        latents: (N, 4, 32, 32), scaled to variance 1.
        tokens: (N, length) token numbers.
        no_caption: (1, length) tokens of the empty caption.
    """

    latents: Tensor
    tokens: Tensor
    no_caption: Tensor

    def part(self, where: slice) -> Examples:
        """Return some of the examples."""
        return Examples(self.latents[where], self.tokens[where], self.no_caption)


def build_unet() -> Any:
    """Make an untrained U-Net: three levels, cross-attention on the upper two."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=32,
        block_out_channels=WIDTHS,
        layers_per_block=1,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    )


def build_text_encoder(tokenizer: Any) -> Any:
    """Make an untrained CLIP text model of two layers."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=4 * TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=tokenizer.model_max_length,
            projection_dim=TEXT_WIDTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def noise_schedule() -> Any:
    """Return the scheduler that ships: velocity prediction, Nichol & Dhariwal's cosine schedule (2021).

    It adds noise more slowly than Stable Diffusion 1.x's: a strength of 0.3 is as noisy as 0.18 there, about
    what a model of this size can repaint without losing the scene.
    """
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_schedule="squaredcos_cap_v2",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type="v_prediction",
    )


def read_examples(work: Path, tokenizer: Any) -> Examples:
    """Read the latents of step 4 and the captions of step 1."""
    about = json.loads((work / "latents.json").read_text())
    captions = json.loads((work / "captions.json").read_text())
    latents = torch.from_numpy(np.load(work / "latents.npy")).float() * about["scaling_factor"]
    tokens = tokenize(tokenizer, [captions[number] for number in about["crops"]])
    return Examples(latents, tokens, tokenize(tokenizer, [""]))


def tokenize(tokenizer: Any, texts: list[str]) -> Tensor:
    """Turn captions into padded token numbers, (N, length)."""
    encoded = tokenizer(texts, padding="max_length", truncation=True, max_length=tokenizer.model_max_length)
    return torch.tensor(encoded.input_ids)


def draw(examples: Examples, rng: np.random.Generator, batch: int, whole: float) -> tuple[Tensor, Tensor]:
    """Draw latents and tokens: `whole` of the time a quarter of the batch uncut, else 16 x 16 windows."""
    uncut = rng.random() < whole
    chosen = torch.from_numpy(rng.integers(0, len(examples.latents), max(2, batch // 4) if uncut else batch))
    latents, tokens = examples.latents[chosen], examples.tokens[chosen].clone()
    tokens[torch.from_numpy(rng.random(len(chosen)) < DROPPED)] = examples.no_caption
    if not uncut:
        top, left = rng.integers(0, 17, 2)
        latents = latents[:, :, top : top + 16, left : left + 16]
    return latents, tokens


def draw_times(count: int, highest: int, rng: np.random.Generator) -> Tensor:
    """Draw one timestep from each of `count` equal parts of 0 to `highest`; now and then of 0 to 1,000."""
    highest = 1000 if rng.random() < ALL_TIMES else highest
    spread_out = (np.arange(count) + rng.random(count)) / count * highest
    return torch.from_numpy(rng.permutation(spread_out)).long().clamp(0, 999)


def add_noise(latents: Tensor, noise: Tensor, signal: Tensor) -> tuple[Tensor, Tensor]:
    """Return noisy latents and the velocity, for `signal` = cumulative alpha of each example."""
    alpha, sigma = signal.sqrt().view(-1, 1, 1, 1), (1 - signal).sqrt().view(-1, 1, 1, 1)
    return alpha * latents + sigma * noise, alpha * noise - sigma * latents


def min_snr(signal: Tensor, most: float = 5.0) -> Tensor:
    """Return min-SNR weights for velocity prediction, (N, 1, 1, 1)."""
    ratio = signal / (1 - signal)
    return (ratio.clamp_max(most) / (ratio + 1)).view(-1, 1, 1, 1)


@torch.no_grad()
def validate(unet: Any, text_encoder: Any, kept: Examples, signals: Tensor) -> dict[int, float]:
    """Return the mean squared error of the predicted latents at some timesteps, for the same noise."""
    generator, errors = torch.Generator().manual_seed(5), {}
    context = text_encoder(kept.tokens).last_hidden_state
    for time in (50, 100, 200, 300, 500):
        signal = signals[time].expand(len(kept.latents))
        noisy, _ = add_noise(kept.latents, torch.randn(kept.latents.shape, generator=generator), signal)
        velocity = unet(noisy, time, context).sample
        guess = signals[time].sqrt() * noisy - (1 - signals[time]).sqrt() * velocity
        errors[time] = round(float((guess - kept.latents).pow(2).mean()), 4)
    return errors


def train(unet: Any, text_encoder: Any, examples: Examples, args: Any) -> None:
    """Train until `args.seconds` are spent; checkpoint and validation every 250 steps and at the end."""
    signals = noise_schedule().alphas_cumprod
    kept, rest = examples.part(slice(VALIDATION)), examples.part(slice(VALIDATION, None))
    parameters = [*unet.parameters(), *text_encoder.parameters()]
    optimizer, average = Muon(parameters, tuple(args.rates)), Average(parameters)
    rng, losses = np.random.default_rng(args.seed), []

    def save() -> None:
        average.swap()
        checkpoint(args.work / args.out, unet.save_pretrained)
        checkpoint(args.work / f"text_encoder{args.out.removeprefix('unet')}", text_encoder.save_pretrained)
        print(f"validation {validate(unet, text_encoder, kept, signals)}", flush=True)
        average.swap()

    for step, scale in budget(args.seconds):
        latents, tokens = draw(rest, rng, args.batch, args.whole)
        times = draw_times(len(latents), args.highest, rng)
        noisy, velocity = add_noise(latents, torch.randn_like(latents), signals[times])
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            predicted = unet(noisy, times, text_encoder(tokens).last_hidden_state).sample.float()
        loss = (min_snr(signals[times]) * (predicted - velocity) ** 2).mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step(scale)
        average.update()
        losses.append(loss.item())
        if step % 50 == 49:
            print(f"step {step + 1} loss {np.mean(losses[-50:]):.4f} rate {scale:.2f}", flush=True)
        if step % 250 == 249:
            save()
    save()


def main() -> None:
    """Read the latents, train, write the two models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--tokenizer", type=Path, help="default: WORK/tokenizer")
    parser.add_argument("--out", default="unet", help="folder; its text encoder is named alike")
    parser.add_argument("--resume", type=Path, help="folder that holds unet and text_encoder to start from")
    parser.add_argument("--rates", type=float, nargs=2, default=(0.01, 1e-3), help="of Muon and of AdamW")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--whole", type=float, default=0.15, help="share of steps with uncut latents")
    parser.add_argument("--highest", type=int, default=800, help="highest timestep of most steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true", help="for processors with AVX-512 BF16")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    tokenizer = CLIPTokenizer.from_pretrained(args.tokenizer or args.work / "tokenizer")
    if args.resume:
        unet = UNet2DConditionModel.from_pretrained(args.resume / "unet", torch_dtype=torch.float32)
        text_encoder = CLIPTextModel.from_pretrained(args.resume / "text_encoder", torch_dtype=torch.float32)
    else:
        unet, text_encoder = build_unet(), build_text_encoder(tokenizer)
    train(unet, text_encoder, read_examples(args.work, tokenizer), args)


if __name__ == "__main__":
    main()
