"""How many steps a training will take, bucket by bucket, before it is started."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator import buckets
from orchestrator.errors import DatasetError
from orchestrator.training.dataset_check import Folder, look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.buckets import Size

_DEFAULT_STEPS = 1600  # sd-scripts' own


@dataclass(frozen=True)
class Bucket:
    """Pictures that are trained at one size.

    Attributes:
        size: that size.
        seen: how many pictures an epoch shows, repeats included.
        batches: in how many batches.
    """

    size: Size
    seen: int
    batches: int


@dataclass(frozen=True)
class Extent:
    """How long a training is.

    Attributes:
        buckets: of all datasets, one after the other.
        per_epoch: steps in an epoch.
        epochs: how often all pictures are gone through; the last may be cut short.
        steps: steps in all.
    """

    buckets: tuple[Bucket, ...]
    per_epoch: int
    epochs: int
    steps: int

    @property
    def batches(self) -> int:
        """Batches in an epoch."""
        return sum(bucket.batches for bucket in self.buckets)

    def lines(self) -> list[str]:
        """Return it in words: one line a bucket, and one for all."""
        each = [
            f"{bucket.size[0]}x{bucket.size[1]}: {bucket.seen} pictures in {bucket.batches} batches"
            for bucket in self.buckets
        ]
        return [*each, f"{self.per_epoch} steps an epoch, {self.epochs} epochs, {self.steps} steps in all"]


def extent(datasets: Sequence[Sequence[Mapping[str, Any]]], arguments: Mapping[str, Any]) -> Extent:
    """Return how long a training will be; every picture and caption of it is looked at.

    Args:
        datasets: for each dataset the look-up of each of its subsets.
        arguments: of the training.

    Raises:
        DatasetError, ImageError: as `orchestrator.training.dataset_check.look`, or sizes do not fit.
    """
    found = tuple(bucket for subsets in datasets for bucket in _of_dataset(subsets))
    accumulated = arguments.get("gradient_accumulation_steps", 1)
    per_epoch = math.ceil(sum(bucket.batches for bucket in found) / accumulated)
    wanted = arguments.get("max_train_epochs")
    steps = wanted * per_epoch if wanted else arguments.get("max_train_steps", _DEFAULT_STEPS)
    return Extent(found, per_epoch, math.ceil(steps / per_epoch), steps)


def _of_dataset(subsets: Sequence[Mapping[str, Any]]) -> list[Bucket]:
    folders = [look(subset) for subset in subsets]
    counts: Counter[Size] = Counter()
    for size, repeats in _seen(folders):
        counts[_bucket(size, subsets[0])] += repeats
    batch = subsets[0].get("batch_size", 1)
    _refuse_mixed_sizes(folders, subsets[0])
    return [Bucket(size, seen, math.ceil(seen / batch)) for size, seen in sorted(counts.items()) if seen]


def _seen(folders: Sequence[Folder]) -> list[tuple[Size, int]]:
    """Return the size of each picture and how often an epoch shows it."""
    training = [(size, each.repeats) for each in folders if not each.is_reg for size in each.sizes]
    regular = [(size, each.repeats) for each in folders if each.is_reg for size in each.sizes]
    wanted = sum(repeats for _, repeats in training)
    counts = buckets.balanced([repeats for _, repeats in regular], wanted)
    return training + [(size, count) for (size, _), count in zip(regular, counts, strict=True)]


def _bucket(size: Size, dataset: Mapping[str, Any]) -> Size:
    resolution, step = trained_size(dataset), dataset.get("bucket_reso_steps", 64)
    if not dataset.get("enable_bucket"):
        return resolution
    if dataset.get("bucket_no_upscale"):
        return buckets.fit_without_upscaling(size, resolution[0] * resolution[1], step).bucket
    low, high = dataset.get("min_bucket_reso", 256), dataset.get("max_bucket_reso", 1024)
    low, high = low - low % step, high + -high % step  # as sd-scripts makes them whole steps
    if not low <= min(resolution) <= max(resolution) <= high:
        raise DatasetError(
            f"the resolution {resolution[0]}x{resolution[1]} does not lie between min_bucket_reso {low} and "
            f"max_bucket_reso {high}",
            remedy="Set these two in the dataset TOML so that it does.",
        )
    return buckets.fit(size, buckets.resolutions(resolution, low, high, step)).bucket


def trained_size(dataset: Mapping[str, Any]) -> Size:
    """Return width and height of `512`, `[512, 768]`, or `"512,768"` as arguments have it."""
    value = dataset.get("resolution")
    if value is None:
        raise DatasetError(
            "no resolution is set for the training pictures", remedy="Set it in the dataset TOML."
        )
    sides = [int(part) for part in value.split(",")] if isinstance(value, str) else value
    width, height = (sides, sides) if isinstance(sides, int) else (sides[0], sides[-1])
    return (width, height)


def _refuse_mixed_sizes(folders: Sequence[Folder], dataset: Mapping[str, Any]) -> None:
    sizes = sorted({size for folder in folders for size in folder.sizes})
    if len(sizes) > 1 and not dataset.get("enable_bucket"):
        told = ", ".join(f"{width}x{height}" for width, height in sizes[:3])
        raise DatasetError(
            f"pictures of different sizes ({told}) cannot be trained together without buckets",
            where=str(folders[0].path),
            remedy="Set enable_bucket to true in the dataset TOML.",
        )
