"""Edge agreement: whether a picture has its outlines where another one has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from orchestrator.metrics.region import Region

TOLERANCE = 2  # pixels, in x and in y
_WEAK, _STRONG = 100, 200  # Canny's thresholds on the gradient of 8-bit luma


def edge_f1(a: NDArray[np.uint8], b: NDArray[np.uint8], region: Region | None = None) -> float | None:
    """Return the F-measure of two pictures' edges: 1 if each has an edge wherever the other has one.

    Edges are Canny's, of luma (BT.601) by Sobel's 3x3 gradient and its Euclidean length, thresholds 100 and
    200. An edge pixel is met if the other picture has one at most 2 pixels away in x and in y. The F-measure
    is the harmonic mean of the met shares of both pictures' edge pixels (after Martin, Fowlkes, Malik:
    "Learning to detect natural image boundaries", TPAMI 2004, who match one to one).

    Args:
        a: (H, W, 3) uint8 RGB.
        b: the same size.
        region: (H, W) bool: the edge pixels that count; they may be met outside.

    Returns:
        From 0 to 1; None where neither has an edge that counts.

    Raises:
        ImageError: sizes differ.
    """
    if a.shape != b.shape:
        raise ImageError(f"edges are compared in pictures of one size, not {a.shape} and {b.shape}")
    edges_a, edges_b = _edges(a), _edges(b)
    met_a, count_a = _met(edges_a, edges_b, region)
    met_b, count_b = _met(edges_b, edges_a, region)
    if not count_a + count_b:
        return None
    if not met_a * met_b:
        return 0.0
    share_a, share_b = met_a / count_a, met_b / count_b
    return 2 * share_a * share_b / (share_a + share_b)


def _met(edges: NDArray[np.uint8], others: NDArray[np.uint8], region: Region | None) -> tuple[int, int]:
    """Return how many edge pixels are met by others, and how many there are."""
    near = cv2.dilate(others, np.ones((2 * TOLERANCE + 1, 2 * TOLERANCE + 1), np.uint8)) > 0
    counted = edges > 0 if region is None else (edges > 0) & region
    return int((counted & near).sum()), int(counted.sum())


def _edges(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    edges: NDArray[np.uint8] = cv2.Canny(luma, _WEAK, _STRONG, apertureSize=3, L2gradient=True)
    return edges
