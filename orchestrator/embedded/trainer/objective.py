"""What the network is to predict, and how far off it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

if TYPE_CHECKING:
    from orchestrator.embedded.trainer.config import TrainingConfig

Prediction = Literal["epsilon", "v_prediction"]


@dataclass(frozen=True)
class Task:
    """One batch for the U-Net.

    Attributes:
        noisy: the input, (N, 4, h, w).
        timesteps: how noisy each is, (N,), 0 to 999.
        target: the right answer, like `noisy`.
    """

    noisy: torch.Tensor
    timesteps: torch.Tensor
    target: torch.Tensor


class Objective:
    """Draws noise, and measures predictions, as a training's configuration says.

    All draws come from PyTorch's default generator of the CPU, so that a seed means the same on any device.
    """

    def __init__(self, config: TrainingConfig, alphas_cumprod: torch.Tensor, prediction: Prediction) -> None:
        self._config = config
        self._alphas = alphas_cumprod.float()
        self._prediction = prediction

    def task(self, target: torch.Tensor, source: torch.Tensor) -> Task:
        """Add noise to `source`, such that the right answer leads to `target`; both (N, 4, h, w).

        Where both are the same this is the ordinary denoising of DDPM.
        """
        low, high = self._config.min_timestep or 0, self._config.max_timestep or len(self._alphas)
        timesteps = spread(len(target), low, min(high, len(self._alphas)))
        noise = torch.randn(target.shape)
        if self._config.noise_offset:
            noise += self._config.noise_offset * torch.randn(*target.shape[:2], 1, 1)
        kept = self._alphas[timesteps].view(-1, 1, 1, 1)
        noisy = kept.sqrt() * source + (1 - kept).sqrt() * noise
        return Task(noisy, timesteps, answer(noisy, target, kept, self._prediction))

    def loss(self, prediction: torch.Tensor, task: Task, weights: torch.Tensor) -> torch.Tensor:
        """Return the loss of a batch.

        Args:
            prediction: the U-Net's answer, (N, 4, h, w) float32.
            task: what it was asked.
            weights: of each picture, (N,).
        """
        kept = self._alphas[task.timesteps]
        each = self._distance(prediction, task.target, task.timesteps).mean(dim=(1, 2, 3)) * weights
        if self._config.min_snr_gamma is not None:
            each = each * min_snr_weight(kept, self._config.min_snr_gamma, self._prediction)
        return each.mean()

    def _distance(
        self, prediction: torch.Tensor, target: torch.Tensor, timesteps: torch.Tensor
    ) -> torch.Tensor:
        difference = prediction - target
        if self._config.loss_type == "l2":
            return difference.square()
        if self._config.loss_type == "l1":
            return difference.abs()
        width = self._huber_width(timesteps).view(-1, 1, 1, 1)
        rounded = 2 * ((difference.square() + width.square()).sqrt() - width)
        return rounded * width if self._config.loss_type == "huber" else rounded

    def _huber_width(self, timesteps: torch.Tensor) -> torch.Tensor:
        """Return where the pseudo-Huber loss turns from square to linear, for each timestep."""
        width, scale = self._config.huber_c, self._config.huber_scale
        if self._config.huber_schedule == "constant":
            return torch.full((len(timesteps),), width * scale)
        if self._config.huber_schedule == "exponential":
            return width ** (timesteps / len(self._alphas)) * scale
        kept = self._alphas[timesteps]
        sigma = ((1 - kept) / kept).sqrt()
        return ((1 - width) / (1 + sigma) ** 2 + width) * scale


def spread(count: int, low: int, high: int) -> torch.Tensor:
    """Return `count` timesteps in random order, (count,), one in each of as many equal parts of [low, high).

    Each is uniform for itself, but a batch has little and much noise in equal shares, which steadies its
    gradient: the low-discrepancy sampler of Kingma et al. 2021, https://arxiv.org/abs/2107.00630.
    """
    places = (torch.randperm(count) + torch.rand(())) / count
    return (low + places * (high - low)).long().clamp(max=high - 1)


def answer(noisy: torch.Tensor, target: torch.Tensor, kept: torch.Tensor, kind: Prediction) -> torch.Tensor:
    """Return what a network must predict for `noisy` so that its estimate of the clean latents is `target`.

    Args:
        noisy: the input, (N, 4, h, w).
        target: the latents to arrive at, likewise.
        kept: the share of signal variance left, between 0 and 1 (alpha-bar of DDPM), (N, 1, 1, 1).
        kind: the noise itself, or the velocity of Salimans & Ho 2022, https://arxiv.org/abs/2202.00512.
    """
    noise = (noisy - kept.sqrt() * target) / (1 - kept).sqrt()
    return noise if kind == "epsilon" else kept.sqrt() * noise - (1 - kept).sqrt() * target


def min_snr_weight(kept: torch.Tensor, gamma: float, kind: Prediction) -> torch.Tensor:
    """Return the loss weights of Hang et al. 2023, https://arxiv.org/abs/2303.09556."""
    ratio = kept / (1 - kept)
    return ratio.clamp(max=gamma) / (ratio if kind == "epsilon" else ratio + 1)
