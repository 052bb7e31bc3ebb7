"""Colour distance: how far a picture's colours, as a whole, are from those of a set of style pictures.

Both are taken for normal distributions in CIELAB (D65), whose distance is Fréchet's: Dowson, Landau: "The
Fréchet distance between multivariate normal distributions", Journal of Multivariate Analysis 1982.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from orchestrator.metrics.region import Region

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB's
_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65, as seen by the CIE's observer of 1931
_TO_RATIOS = _TO_XYZ / _WHITE[:, None]
_KNEE = 6 / 29  # below, the cube root is replaced by its tangent


@dataclass(frozen=True, eq=False)
class Palette:
    """How colours are spread in CIELAB.

    Attributes:
        mean: (3,) float64: L* (0 to 100), a*, b*.
        covariance: (3, 3) float64.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def palette(images: Iterable[NDArray[np.uint8]]) -> Palette:
    """Return the spread of the colours of all pixels of some pictures, one in memory at a time.

    Args:
        images: (H, W, 3) uint8 RGB each, of any sizes.

    Raises:
        ImageError: there is none.
    """
    count, total, products = 0, np.zeros(3), np.zeros((3, 3))
    for image in images:
        pixels = _lab(image).reshape(-1, 3)
        count += len(pixels)
        total += pixels.sum(axis=0)
        products += pixels.T @ pixels
    if not count:
        raise ImageError("there are no style pictures to measure the distance to")
    mean = total / count
    return Palette(mean, products / count - np.outer(mean, mean))


def colour_distance(image: NDArray[np.uint8], style: Palette, region: Region | None = None) -> float | None:
    """Return how far the colours of a (H, W, 3) uint8 RGB picture are from a palette, in CIELAB's units.

    |m - n|² + tr(C + D - 2 (CD)^½) under the root, with means m, n and covariances C, D. For two flat
    colours it is ΔE*ab (CIE 1976), of which about 2.3 can just be told apart.

    Args:
        image: the picture.
        style: what to measure the distance to.
        region: (H, W) bool: the pixels that count.

    Returns:
        0 or more; None where no pixel counts.
    """
    if region is not None:
        image = image[region][None]
    if not image.size:
        return None
    own = palette([image])
    # CD has the eigenvalues of a product of two positive semidefinite matrices: real, none negative
    roots = np.sqrt(np.maximum(np.linalg.eigvals(own.covariance @ style.covariance).real, 0))
    spread = np.trace(own.covariance) + np.trace(style.covariance) - 2 * roots.sum()
    return float(np.sqrt(np.square(own.mean - style.mean).sum() + max(spread, 0.0)))


def _lab(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return sRGB (IEC 61966-2-1) as CIELAB under D65; OpenCV's own tables are off by up to 0.1."""
    ratios = np.cbrt(_LINEAR[image] @ _TO_RATIOS.T)
    low = ratios <= _KNEE
    ratios[low] = ratios[low] ** 3 / (3 * _KNEE**2) + 4 / 29
    x, y, z = np.moveaxis(ratios, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
