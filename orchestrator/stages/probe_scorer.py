"""The metrics of a run applied to single painted frames: what comparing LoRAs takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator import digest
from orchestrator.errors import ProjectError
from orchestrator.gate.scorer import Meaning
from orchestrator.metrics.measure import measure
from orchestrator.metrics.panel import panel
from orchestrator.metrics.steps import Pair
from orchestrator.metrics.table import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.metrics.settings import ScoreSettings
    from orchestrator.metrics.table import Needs

    Frame = NDArray[np.uint8]

_UNMEASURED: Mapping[Needs, str] = {
    "set": "it has no figure for a single frame",
    "masks": "it measures masks, and there are none",
}


class ProbeScorer:
    """Measures frames; each metric has a figure for each frame, or None where it has no meaning.

    Args:
        settings: which metrics, and the files of their networks.
        style: pictures of the style at about the frames' size; gone through by each metric that needs them.
        content: digests of the style's pictures and of the networks' files, by name.
        kept: a folder for what networks see in the source and in the style; None works that out each time.

    Raises:
        ProjectError: a metric cannot be measured frame by frame.
        ModelFileError: a network's weights are missing or of another kind.
        ImageError: a metric needs the style and there are no pictures of it.
        MissingPackage: a metric needs a package that is not installed.
    """

    def __init__(
        self,
        settings: ScoreSettings,
        style: Iterable[Frame] | None = None,
        *,
        content: Mapping[str, str],
        kept: Path | None = None,
    ) -> None:
        for name in settings.metrics:
            if reason := _UNMEASURED.get(METRICS[name].needs):
                raise ProjectError(f"{name} cannot compare LoRAs: {reason}", where="metrics")
        self.metrics: Mapping[str, Meaning] = {
            name: Meaning(METRICS[name].label, METRICS[name].unit, METRICS[name].better)
            for name in settings.metrics
        }
        self.version = _version(settings, content)
        self._panel = panel(settings, style, kept=kept)

    def score(
        self, source: Sequence[Frame], painted: Sequence[Frame]
    ) -> Mapping[str, Sequence[float | None]]:
        """Return for each metric the figure of each frame.

        Args:
            source: frames of one shot in order, (H, W, 3) uint8 RGB.
            painted: what was painted over them, of the same number and shape.

        Raises:
            ImageError: the frames are too small.
        """
        rows = list(measure(map(Pair, source, painted), self._panel))
        return {name: [row[name] for row in rows] for name in self.metrics}


def _version(settings: ScoreSettings, content: Mapping[str, str]) -> str:
    """Return the digest of what decides the figures besides the pictures."""
    seen = {name: [METRICS[name].label, METRICS[name].sees] for name in settings.metrics}
    return digest.of_value({"seen": seen, "text": settings.text, "content": dict(content)})
