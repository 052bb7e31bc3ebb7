"""Feature cosine: whether two pictures show the same things, wherever in the picture they are.

The cosine between two pictures' feature vectors: a convolutional layer averaged over all places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from orchestrator.errors import ImageError
from orchestrator.metrics.region import shares

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from orchestrator.metrics.backbone import Layers
    from orchestrator.metrics.region import Region

    Vector = NDArray[np.float64]

TAP = 11  # AlexNet's last convolution, rectified: 256 channels


def vector(layers: Layers, region: Region | None = None) -> Vector:
    """Return the features of a picture: AlexNet's last convolution averaged over places, (256,) float64.

    Args:
        layers: what AlexNet sees, with layer 11 among it.
        region: the pixels that count; each place counts by the share of its cell that does. Not numbers where
            no pixel counts.
    """
    features = layers[TAP][0].double()
    if region is None:
        return np.asarray(features.mean((1, 2)).cpu())
    share = torch.from_numpy(shares(region, (features.shape[1], features.shape[2]))).to(features)
    return np.asarray(((features * share).sum((1, 2)) / share.sum()).cpu())


def cosine(a: Vector, b: Vector) -> float:
    """Return the cosine of the angle between two vectors: 1 for the same direction, 0 for nothing in common.

    Not a number where one of them is zero.
    """
    with np.errstate(invalid="ignore"):
        return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def mean_direction(style: Iterable[Vector]) -> Vector:
    """Return the mean of the unit vectors of a set, whose product with a unit vector is the mean cosine.

    Raises:
        ImageError: the set is empty.
    """
    total, count = np.zeros(1), 0
    for each in style:
        total = total + each / np.linalg.norm(each)
        count += 1
    if not count:
        raise ImageError("there are no style pictures to measure the distance to")
    return np.asarray(total / count)


def mean_cosine(own: Vector, direction: Vector) -> float:
    """Return the mean cosine of a vector with those of a set, by the set's `mean_direction`."""
    with np.errstate(invalid="ignore"):
        return float(own @ direction / np.linalg.norm(own))
