"""Pictures and films as the page refers to them."""

from __future__ import annotations

import io
import os
from math import sqrt
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
from PIL import Image, ImageEnhance

from orchestrator.media import pictures
from orchestrator.pages import data_uri

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FILM_BYTES = 16 << 20  # both films together; as base64 a third more, which every browser still opens at once
_MOST = (1280, 720)  # of a film; a page shows it at about half of that
_FILM_PIXELS = 640_000_000  # of all frames of a film; a tenth of a bit each is half of FILM_BYTES
_THUMBNAIL = (480, 360)
_OUTSIDE = 0.25  # of its light


def films(source: Path, result: Path, page: Path) -> tuple[str, str]:
    """Return the addresses of the two films for a page at `page`.

    Films that are small enough together (16 MiB) go into the page, so that it can be sent to somebody as
    one file; larger ones are referred to by their path relative to the page.

    Args:
        source: an MP4 that browsers play (H.264, yuv420p).
        result: likewise.
        page: where the page will lie.
    """
    paths = (source, result)
    if sum(path.stat().st_size for path in paths) <= FILM_BYTES:
        first, second = (data_uri(path.read_bytes(), "video/mp4") for path in paths)
    else:
        first, second = (_relative(path, page) for path in paths)
    return first, second


def film_size(size: tuple[int, int], frames: int) -> tuple[int, int]:
    """Return the width and height for a film on a page.

    The largest of the same shape that is no larger than the source, no larger than 1280x720 either way round,
    and so small that a long clip still goes into a page.

    Args:
        size: width and height of the source.
        frames: how many there are.
    """
    long, short = max(size), min(size)
    share = min(1.0, _MOST[0] / long, _MOST[1] / short, sqrt(_FILM_PIXELS / frames / (long * short)))
    width, height = (max(2, round(side * share)) for side in size)
    return width, height


def thumbnail(frame: NDArray[np.uint8]) -> bytes:
    """Return a (H, W, 3) uint8 RGB frame as a WebP file of at most 480x360 pixels."""
    return pictures.thumbnail(frame, _THUMBNAIL)


def dimmed(still: bytes, inside: NDArray[np.float64 | np.float32]) -> bytes:
    """Return a picture with what lies outside of a region darkened.

    Args:
        still: a WebP file.
        inside: (H, W) float, 0 to 1, of any size.
    """
    with Image.open(io.BytesIO(still)) as opened:
        picture = opened.convert("RGB")
    mask = Image.fromarray((inside * 255).astype("uint8")).resize(picture.size)
    dark = ImageEnhance.Brightness(picture).enhance(_OUTSIDE)
    return thumbnail(np.asarray(Image.composite(picture, dark, mask)))


def _relative(path: Path, page: Path) -> str:
    way = os.path.relpath(path.absolute(), page.absolute().parent)
    return quote(way.replace(os.sep, "/"))
