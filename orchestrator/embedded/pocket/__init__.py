"""Pocket: the small Stable Diffusion 1.x-shaped model that ships with the package (see `MODEL_CARD.md`)."""

from __future__ import annotations

from pathlib import Path


def weights() -> Path:
    """Return the folder that holds pocket in the layout of diffusers' `from_pretrained`."""
    return Path(__file__).parent / "weights"
