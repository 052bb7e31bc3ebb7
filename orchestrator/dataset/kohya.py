"""kohya's layout: `<repeats>_<concept>/` with numbered pictures and captions, and the TOML beside it.

The TOML names its folder relative to itself, so that the training set may be moved or sent elsewhere; who
trains with it makes the path absolute, since trainers take relative ones from their working directory.
What it does not say (batch size, flipping, shuffling) a trainer takes from its own arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomli_w

from orchestrator.files import write_bytes
from orchestrator.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CONFIG = "dataset.toml"
CAPTION = ".txt"


class Subset(Settings):
    """One folder of pictures, as `[[datasets.subsets]]` describes it."""

    image_dir: str
    num_repeats: int
    caption_extension: str = CAPTION  # a trainer's own default is another, and captions would go unread


class Block(Settings):
    """Pictures of one size, as `[[datasets]]` describes them."""

    resolution: tuple[int, int]
    enable_bucket: bool = False  # all pictures are of the resolution already
    subsets: tuple[Subset, ...]


class Config(Settings):
    """A dataset TOML."""

    datasets: tuple[Block, ...]

    def toml(self) -> str:
        """Return it as a trainer reads it."""
        return tomli_w.dumps(self.model_dump(mode="json"))


def concept_folder(repeats: int, concept: str) -> str:
    """Return the folder name by which a trainer knows how often to repeat which concept."""
    return f"{repeats}_{concept}"


def write_pair(folder: Path, number: int, picture: NDArray[np.uint8], caption: str) -> None:
    """Write one training picture (H, W, 3) uint8 RGB, and its caption beside it."""
    from orchestrator.media.pictures import write_png

    file = folder / f"{number:04d}.png"
    write_png(file, picture)
    write_bytes(file.with_suffix(CAPTION), f"{caption}\n".encode())


def write_config(folder: Path, *, concept: str, repeats: int, size: tuple[int, int]) -> Path:
    """Write the TOML into `folder` and return its path; `size` is (width, height) in pixels."""
    subset = Subset(image_dir=concept_folder(repeats, concept), num_repeats=repeats)
    config = Config(datasets=(Block(resolution=size, subsets=(subset,)),))
    write_bytes(folder / CONFIG, config.toml().encode())
    return folder / CONFIG
