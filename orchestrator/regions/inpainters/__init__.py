"""Who paints what no frame shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.regions.inpainters.diffused import diffused
from orchestrator.regions.inpainters.lama import lama

if TYPE_CHECKING:
    from orchestrator.regions.inpainters.inpainter import Inpainter
    from orchestrator.regions.settings import PasteSettings


def choose(settings: PasteSettings) -> Inpainter:
    """Return who paints it: LaMa where a model is named, else OpenCV. Raises as `lama`."""
    return diffused if settings.lama is None else lama(settings.lama)
