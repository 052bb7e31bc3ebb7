"""The masks of a region."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.artifacts import FrameSequence
from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from pydantic import BaseModel

    from orchestrator.media.clip import Clip
    from orchestrator.pipeline.remembered import Digests
    from orchestrator.progress import Progress
    from orchestrator.regions.segmenters.segmenter import Scene
    from orchestrator.regions.settings import RegionSettings
    from orchestrator.stages.source import Source

_WHITE = 255
_SHAPE = {"invert", "grow", "feather", "steady"}


def masks(
    number: int, region: RegionSettings, digests: Digests, source: Source, shots: Stage[tuple[int, ...]]
) -> Stage[FrameSequence]:
    """Return the stage whose artifact is a region's masks: grey pictures, white inside.

    Args:
        number: of the region, from 0.
        region: where it is, and how its edge is.
        digests: of the files that it names.
        source: the frames to look at.
        shots: where shots begin.
    """
    count = source.clip.count

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.media.decode import frames
        from orchestrator.progress import counted
        from orchestrator.regions.masks import opened

        find = opened(region, scene(source.clip), cuts=made(shots))
        with progress.task("finding regions", total=count, unit="frames") as task:
            _write(find(counted(frames(source.clip), task)), load(folder, count))

    content = {
        "where": _by_content(region.where, digests),
        **region.model_dump(mode="json", include=_SHAPE),
        "source": source.content,
    }
    return Stage(f"mask-{number + 1}", 1, content, (shots,), build, lambda folder: load(folder, count))


def load(folder: Path, count: int) -> FrameSequence:
    """Return the masks."""
    return FrameSequence(folder / "masks", count)


def read(masks: FrameSequence, index: int) -> NDArray[np.float32]:
    """Return the mask of a frame, (H, W) float32, 0 to 1. Raises ImageError."""
    import numpy as np

    from orchestrator.media import pictures

    mask: NDArray[np.float32] = pictures.read(masks.path(index))[..., 0] / np.float32(_WHITE)
    return mask


def scene(clip: Clip) -> Scene:
    """Return what a segmenter is told of a clip."""
    from orchestrator.layers import timeline
    from orchestrator.regions.segmenters.segmenter import Scene

    names = tuple(f"{index:06d}" for index in range(clip.start, clip.stop))
    return Scene(timeline(clip), clip.start, clip.footage.count, names)


def _write(found: Iterator[NDArray[np.float32]], target: FrameSequence) -> None:
    import numpy as np

    from orchestrator.media import pictures

    for index, mask in enumerate(found):
        pictures.write_png(target.path(index), np.rint(mask * _WHITE).astype(np.uint8))


def _by_content(where: str | BaseModel, digests: Digests) -> Any:
    """Return where a region is, with digests in place of its files."""
    if isinstance(where, str):
        return where
    held = {name: value for name, value in where if isinstance(value, Path)}
    named = {name: digests.of_path(path) for name, path in held.items()}
    return where.model_dump(mode="json", exclude=set(named)) | named
