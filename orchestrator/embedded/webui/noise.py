"""The noise a picture starts from: seeds drawn on the CPU, so that every device paints the same."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_SEED_BITS = 32


@dataclass(frozen=True)
class Seed:
    """The randomness of one picture: `subseed` replaces `seed` by the share `strength`, 0 to 1."""

    seed: int
    subseed: int
    strength: float


def spread(seed: int | None, subseed: int | None, strength: float, count: int) -> list[Seed]:
    """Return the seeds of a request's pictures.

    They count upwards, as in the WebUI: the seeds, or the subseeds when those have any strength.
    A seed of -1 or None is drawn.
    """
    first, first_sub = _drawn(seed), _drawn(subseed)
    return [Seed(first + (0 if strength else i), first_sub + i, strength) for i in range(count)]


def first(seed: Seed, height: int, width: int) -> tuple[torch.Tensor, torch.Generator]:
    """Draw the starting noise of one picture, (1, 4, height, width) in latents.

    Returns:
        The noise, and the generator that goes on from there for samplers that draw at every step.
    """
    import torch

    generator = torch.Generator("cpu").manual_seed(seed.seed)
    noise = torch.randn((1, 4, height, width), generator=generator)
    if seed.strength:
        other = torch.Generator("cpu").manual_seed(seed.subseed)
        noise = slerp(seed.strength, noise, torch.randn((1, 4, height, width), generator=other))
    return noise, generator


def slerp(share: float, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """Interpolate on the sphere, row by row (Shoemake 1985), from `low` at 0 to `high` at 1.

    Nearly parallel rows are interpolated linearly.
    """
    import torch

    low_norm = low / low.norm(dim=1, keepdim=True)
    high_norm = high / high.norm(dim=1, keepdim=True)
    dot = (low_norm * high_norm).sum(1)
    if dot.mean() > 0.9995:  # noqa: PLR2004 - sine of the angle would divide by almost nothing
        return low * (1 - share) + high * share
    angle = torch.acos(dot.clamp(-1, 1)).unsqueeze(1)
    return (low * torch.sin((1 - share) * angle) + high * torch.sin(share * angle)) / torch.sin(angle)


def _drawn(seed: int | None) -> int:
    return secrets.randbits(_SEED_BITS) if seed is None or seed == -1 else seed
