"""A training set as links in a folder of its own, where nothing stale can lie beside the pictures.

sd-scripts leaves what it computed of a picture as `.npz` beside it, and takes what lies there without asking
for which resolution or model it was made.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.files import storage_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_CACHE = ".npz"


def linked(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a dataset TOML whose pictures and captions are linked into `folder`, made anew.

    Files are copied where links are not possible. The originals are only ever read.
    """
    with storage_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        datasets = [
            {**dataset, "subsets": [_subset(each, folder / f"{number}-{index}")
                                    for index, each in enumerate(dataset["subsets"])]}
            for number, dataset in enumerate(content["datasets"])
        ]  # fmt: skip
    return {**content, "datasets": datasets}


def _subset(subset: Mapping[str, Any], target: Path) -> dict[str, Any]:
    source = Path(subset["image_dir"])
    place = target / source.name  # its name stays: it is written into the LoRA's metadata
    place.mkdir(parents=True)
    for file in source.iterdir():
        if file.is_file() and file.suffix != _CACHE:
            _link(file, place / file.name)
    return {**subset, "image_dir": place.as_posix()}


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, target)
