"""Noise that travels: it glides from one seed's to the next one's, so that the style lives without jumping.

With one seed the painter's strokes stand still on the screen while the scene moves below them; with a new
seed for each frame they boil. Between the two lies spherical interpolation of the Gaussian noise (Shoemake,
"Animating rotation with quaternion curves", SIGGRAPH 1985; for latents White, "Sampling generative networks",
2016), which keeps its variance. WebUIs do it themselves, by a second seed and its share.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.stylization.engine import Look
    from orchestrator.stylization.settings import ConsistencySettings

_SEEDS = 2**32


def travelling(look: Look, age: int, settings: ConsistencySettings) -> Look:
    """Return the look of a frame: each shot begins with the look's own noise, and travels from there.

    Args:
        look: of all frames.
        age: how many frames the frame is into its shot, from 0.
        settings: `travel`, frames from one seed to the next; 0 stays at the first.
    """
    if settings.travel == 0:
        return look
    passed, within = divmod(age, settings.travel)
    seed = (look.seed + passed) % _SEEDS
    share = within / settings.travel
    return replace(look, seed=seed, subseed=(seed + 1) % _SEEDS if share else None, subseed_strength=share)
