"""The masks of a region, ready to be used."""

from __future__ import annotations

from itertools import tee
from typing import TYPE_CHECKING

from orchestrator.regions import segmenters
from orchestrator.regions.shape import shaped
from orchestrator.regions.steady import steadied

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene
    from orchestrator.regions.settings import RegionSettings

    Masks = Callable[[Iterable[NDArray[np.uint8]]], Iterator[NDArray[np.float32]]]


def opened(region: RegionSettings, scene: Scene, *, cuts: Collection[int]) -> Masks:
    """Return what makes a region's masks: found, turned round if wanted, steadied, and softly edged.

    Models are loaded, and files looked for, now; frames are taken later, one by one.

    Args:
        region: where, and how its edge is.
        scene: the clip that frames will be of.
        cuts: frames that begin a new shot; nothing is carried over them.

    Raises:
        OrchestrateError: as `segmenters.choose`.
    """
    find = segmenters.choose(region.where, scene)

    def masks(frames: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.float32]]:
        looked_at, followed = tee(frames)
        found = find(looked_at)
        turned = (1 - mask for mask in found) if region.invert else found
        steady = steadied(turned, followed, cuts=cuts, weight=region.steady)
        return (shaped(mask, grow=region.grow, feather=region.feather) for mask in steady)

    return masks
