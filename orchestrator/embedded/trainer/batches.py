"""Which pictures are seen together, in which order: the steps of an epoch."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.buckets import Size
    from orchestrator.embedded.trainer.dataset_config import Dataset
    from orchestrator.embedded.trainer.pictures import Picture

Batch = tuple[int, ...]
"""Indices of pictures of one dataset and one bucket."""


def by_bucket(pictures: Sequence[Picture]) -> dict[tuple[int, Size], list[int]]:
    """Return, for each dataset and bucket, the indices of its pictures, each as often as it is repeated."""
    groups: dict[tuple[int, Size], list[int]] = {}
    for index, picture in enumerate(pictures):
        groups.setdefault((picture.dataset, picture.fit.bucket), []).extend([index] * picture.repeats)
    return {key: indices for key, indices in groups.items() if indices}


def of_epoch(
    pictures: Sequence[Picture], datasets: Sequence[Dataset], *, seed: int, epoch: int
) -> list[Batch]:
    """Return the batches of one epoch in the order they are trained.

    The last batch of a bucket may be smaller, so that an epoch has, over all buckets, the sum of
    `ceil(pictures * repeats / batch_size)` batches.
    """
    random = Random(f"batches {seed} {epoch}")  # noqa: S311 - reproducible, not secret
    batches: list[Batch] = []
    for (dataset, _), indices in by_bucket(pictures).items():
        random.shuffle(indices)
        size = datasets[dataset].batch_size
        batches += [tuple(indices[start : start + size]) for start in range(0, len(indices), size)]
    random.shuffle(batches)
    return batches


def count(pictures: Sequence[Picture], datasets: Sequence[Dataset]) -> int:
    """Return the number of batches in an epoch."""
    groups = by_bucket(pictures)
    return sum(
        math.ceil(len(indices) / datasets[dataset].batch_size) for (dataset, _), indices in groups.items()
    )
