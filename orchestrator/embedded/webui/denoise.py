"""The loop from noise to latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


@dataclass(frozen=True)
class Start:
    """What painting starts from when it is not noise alone.

    Attributes:
        latents: (1, 4, h, w) of the init image.
        mask: (h, w), 1 where to paint; None is everywhere.
        skip: how many of the schedule's steps are left out at its noisy end.
    """

    latents: torch.Tensor
    mask: torch.Tensor | None
    skip: int


def first_step(strength: float, steps: int) -> int:
    """Return how many steps img2img skips: int(strength * steps) + 1 are run, at most all of them."""
    return steps - 1 - max(0, min(int(strength * steps), steps - 1))


def denoise(
    predict: Callable[[torch.Tensor, Any], torch.Tensor],
    scheduler: Any,
    noise: torch.Tensor,
    start: Start | None,
    step_options: dict[str, Any],
    go_on: Callable[[], bool],
) -> tuple[torch.Tensor, int]:
    """Run a scheduler's steps.

    Args:
        predict: the U-Net's output, guided, from latents and timestep.
        scheduler: a diffusers scheduler with its timesteps set.
        noise: (1, 4, h, w), unit variance.
        start: the init image's latents; None starts from noise.
        step_options: eta and generator, for those schedulers that take them.
        go_on: asked before every step.

    Returns:
        The latents (1, 4, h, w), and how many steps were done: fewer than planned if `go_on` said no.
    """
    first = start.skip if start else 0
    timesteps = scheduler.timesteps[first:]
    if hasattr(scheduler, "set_begin_index"):  # DDIM needs none: it keeps no history
        scheduler.set_begin_index(first)
    latents = (
        scheduler.add_noise(start.latents, noise, timesteps[:1])
        if start
        else noise * scheduler.init_noise_sigma
    )
    for done, timestep in enumerate(timesteps):
        if not go_on():
            return latents, done
        prediction = predict(scheduler.scale_model_input(latents, timestep), timestep)
        latents = scheduler.step(prediction, timestep, latents, return_dict=False, **step_options)[0]
        if start and start.mask is not None:
            latents = _outside_kept(
                latents, noise, start, start.mask, scheduler, timesteps[done + 1 : done + 2]
            )
    return latents, len(timesteps)


def _outside_kept(
    latents: torch.Tensor,
    noise: torch.Tensor,
    start: Start,
    mask: torch.Tensor,
    scheduler: Any,
    following: Any,
) -> torch.Tensor:
    """Put the init image, as noisy as the next step expects it, back where nothing is painted."""
    original = start.latents if len(following) == 0 else scheduler.add_noise(start.latents, noise, following)
    return latents * mask + original * (1 - mask)
