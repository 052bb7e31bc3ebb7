"""Pictures on their way to and from a WebUI: base64 in JSON."""

from __future__ import annotations

import base64
import binascii
import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from orchestrator import png
from orchestrator.errors import WebUINonsense

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FORMATS = ("PNG", "JPEG", "WEBP")  # told by their first bytes, whatever the server calls them
MAX_PIXELS = 64_000_000


def encode(picture: NDArray[np.uint8]) -> str:
    """Return a picture, (H, W, 3) RGB or (H, W) grey, uint8, as base64 of a PNG."""
    return base64.b64encode(png.encode(picture)).decode("ascii")


def decode(text: str) -> NDArray[np.uint8]:
    """Return a picture, (H, W, 3) uint8 RGB, from base64 of a PNG, JPEG or WebP.

    A `data:` prefix may stand before it.

    Raises:
        WebUINonsense: no base64, no picture, a broken one, or one of more than 64 megapixels.
    """
    try:
        data = base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            _check_size(*picture.size)
            return np.asarray(picture.convert("RGB"))
    except (binascii.Error, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise WebUINonsense("the WebUI's answer holds no readable picture") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise WebUINonsense(f"the WebUI's answer holds a broken picture: {error}") from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise WebUINonsense(f"the WebUI's answer holds a picture of {width}x{height} pixels")
