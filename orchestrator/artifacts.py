"""The nouns: what stages hand to each other. Each lies on disk and can be looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class FrameSequence:
    """Frames as lossless RGB pictures `000000.png`, `000001.png`, … in one folder.

    Attributes:
        folder: where the pictures lie.
        count: how many there are; indices run from 0 to `count - 1`.
        ended: whether their maker has ended, so that no more will come; while it is at work, a picture that
            is there is whole.
    """

    folder: Path
    count: int
    ended: Callable[[], bool] = field(default=lambda: True, compare=False, repr=False)

    def path(self, index: int) -> Path:
        """Return the picture of one frame."""
        return self.folder / frame_name(index)


def frame_name(index: int) -> str:
    """Return the file name of a frame: six digits, so that names sort as time does."""
    return f"{index:06d}.png"


@dataclass(frozen=True)
class Preview:
    """A clip for looking at in a browser.

    Attributes:
        film: the clip as H.264 in MP4.
        stills: the folder of its frames as small WebP pictures.
    """

    film: Path
    stills: Path

    def still(self, index: int) -> Path:
        """Return the small picture of one frame."""
        return self.stills / f"{index:06d}.webp"


@dataclass(frozen=True)
class Dataset:
    """Captioned training pictures in kohya's folder layout.

    Attributes:
        folder: the parent of `<repeats>_<concept>/`.
        config: the dataset TOML that a trainer reads with `--dataset_config`.
        pictures: how many pictures there are.
        trigger: the word that calls the style up in a prompt.
    """

    folder: Path
    config: Path
    pictures: int
    trigger: str


@dataclass(frozen=True)
class LoraWeights:
    """A trained LoRA.

    Attributes:
        file: the safetensors file in kohya's format.
        content_hash: its `sshs_model_hash`: SHA-256 of the tensors, without the header, 64 hex digits.
        losses: (step, moving average of the loss) as the training went.
        preview: a picture that it was trained on.
        samples: the pictures that the trainer painted with it on the way, in order.
    """

    file: Path
    content_hash: str
    losses: tuple[tuple[int, float], ...] = ()
    preview: Path | None = None
    samples: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Measurements:
    """Figures per frame.

    Attributes:
        frames: for each metric its figure for each frame; None where it has no meaning
            (a warp error has no first frame).
        means: for each metric the mean over the frames that have one.
    """

    frames: Mapping[str, tuple[float | None, ...]]
    means: Mapping[str, float]
