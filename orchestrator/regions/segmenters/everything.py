"""The whole picture: what other regions are laid over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter


def everything(where: object, scene: Scene, /) -> Segmenter:
    """Find all of each frame."""
    del where, scene
    return lambda frames: (np.ones(frame.shape[:2], np.float32) for frame in frames)
