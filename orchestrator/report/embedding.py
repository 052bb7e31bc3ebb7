"""Pictures and films as the page refers to them."""

from __future__ import annotations

import base64
import io
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

FILM_BYTES = 24 << 20  # both films together; as base64 a third more, which every browser still opens at once
_THUMBNAIL = (480, 360)
_WEBP_QUALITY = 82


def films(source: Path, result: Path, page: Path) -> tuple[str, str]:
    """Return the addresses of the two films for a page at `page`.

    Films that are small enough together (24 MiB) go into the page, so that it can be sent to somebody as
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


def thumbnail(frame: NDArray[np.uint8]) -> bytes:
    """Return a (H, W, 3) uint8 RGB frame as a WebP file of at most 480x360 pixels."""
    picture = Image.fromarray(frame)
    picture.thumbnail(_THUMBNAIL)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=_WEBP_QUALITY)
    return file.getvalue()


def data_uri(data: bytes, media_type: str) -> str:
    """Return an address that holds the data itself."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _relative(path: Path, page: Path) -> str:
    way = os.path.relpath(path.absolute(), page.absolute().parent)
    return quote(way.replace(os.sep, "/"))
