"""Who finds a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.regions import settings
from orchestrator.regions.segmenters.colour import colour, hsv
from orchestrator.regions.segmenters.depth import depth
from orchestrator.regions.segmenters.everything import everything
from orchestrator.regions.segmenters.matting import matting
from orchestrator.regions.segmenters.person import background, person
from orchestrator.regions.segmenters.pointed import pointed
from orchestrator.regions.segmenters.polygon import polygon
from orchestrator.regions.segmenters.ready_made import mask_folder, mask_video
from orchestrator.regions.segmenters.text import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter

# three are words in settings, all others a mapping of a type of its own
SEGMENTERS: Mapping[str | type, Callable[[Any, Scene], Segmenter]] = {
    "person": person,
    "background": background,
    "everything": everything,
    settings.Colour: colour,
    settings.Hsv: hsv,
    settings.Depth: depth,
    settings.Text: text,
    settings.MaskVideo: mask_video,
    settings.MaskFolder: mask_folder,
    settings.Polygon: polygon,
    settings.Sam: pointed,
    settings.Matting: matting,
}


def choose(where: settings.Place, scene: Scene) -> Segmenter:
    """Return who finds a region in a clip; models are loaded, and files looked for, now.

    Raises:
        ModelFileError: a model is missing, or of another kind.
        MissingPackage: what runs it is not installed.
        MediaError: masks are missing, or not as many as frames.
        ProjectError: keys do not ascend in this clip.
    """
    return SEGMENTERS[where if isinstance(where, str) else type(where)](where, scene)
