"""How good a painted frame is, by itself: near to the style, and still what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from orchestrator import digest
from orchestrator.picking.objective import Figures

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.artifacts import Dataset

    Frame = NDArray[np.uint8]

_DISTANCE: Literal["gram"] = "gram"
_LIKENESS: Literal["ssim"] = "ssim"


def judged_by(style: Dataset) -> str:
    """Return the digest of what decides the figures besides the frames."""
    return digest.of_value([digest.of_folder(style.folder, "*.png"), _DISTANCE, _LIKENESS])


def measure(
    style: Dataset, kept: Path, *, device: Literal["auto", "cpu", "cuda"]
) -> Callable[[Frame, Frame], Figures]:
    """Return what measures a source frame and the one painted over it, (H, W, 3) uint8 RGB of one size.

    Args:
        style: the pictures of the style.
        kept: a folder for what the network sees in these.
        device: where the network runs.

    Raises:
        ModelFileError, ImageError, ProjectError: as `orchestrator.metrics.panel.panel`.
    """
    from orchestrator.media.pictures import read
    from orchestrator.metrics.panel import panel
    from orchestrator.metrics.settings import ScoreSettings
    from orchestrator.metrics.steps import Batch, Pair, Step

    settings = ScoreSettings(metrics=(_DISTANCE, _LIKENESS), device=device)
    pictures = [read(path) for path in sorted(style.folder.rglob("*.png"))]
    scorers = panel(settings, pictures, kept=kept).scorers

    def figures(source: Frame, painted: Frame) -> Figures:
        batch = Batch([Step(Pair(source, painted))])
        (distance,), (likeness,) = scorers[_DISTANCE](batch), scorers[_LIKENESS](batch)
        assert distance is not None, "a picture by itself has both"
        assert likeness is not None, "a picture by itself has both"
        return Figures(distance, likeness)

    return figures
