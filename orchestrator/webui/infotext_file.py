"""The infotext that a picture's own file holds, where A1111 and its kin put it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_KEY = "parameters"  # a text chunk of PNG
_MADE_FROM = "orchestrate"  # another one, of our own
_EXIF, _USER_COMMENT = 0x8769, 0x9286  # JPEG, WebP and AVIF have no text chunks
_CODE_BYTES = 8  # EXIF 2.3, 4.6.5: a comment begins with the name of its encoding
_QUICK = 1  # zlib's fastest level


def read(file: Path) -> str:
    """Return the infotext in a picture.

    Raises:
        ImageError: it is no picture, or holds none.
    """
    try:
        with Image.open(file) as picture:
            text = picture.info.get(_KEY) or _comment(picture.getexif().get_ifd(_EXIF).get(_USER_COMMENT))
    except FileNotFoundError:
        raise ImageError("there is no such picture", where=str(file)) from None
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise ImageError(f"this is no picture that can be read: {error}", where=str(file)) from error
    if not isinstance(text, str) or not text.strip():
        raise ImageError(
            "this picture does not say how it was painted",
            where=str(file),
            remedy="Take the file that the WebUI itself has saved; most sites strip this when they copy it.",
        )
    return text


def png(picture: NDArray[np.uint8], infotext: str, *, made_from: str) -> bytes:
    """Return a picture as a PNG that holds its infotext as a WebUI would write it.

    Args:
        picture: (H, W, 3) uint8 RGB.
        infotext: how it was painted.
        made_from: the digest of all that it was made from.
    """
    told = PngInfo()
    told.add_text(_KEY, infotext)
    told.add_text(_MADE_FROM, made_from)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG", pnginfo=told, compress_level=_QUICK)
    return file.getvalue()


def made_from(file: Path) -> str | None:
    """Return the digest of all that a picture was made from; None when `png` has not made it."""
    try:
        with Image.open(file) as picture:
            said = picture.info.get(_MADE_FROM)
            return said if isinstance(said, str) else None
    except (OSError, SyntaxError, ValueError):
        return None


def _comment(value: object) -> str:
    """Return the text of an EXIF comment; UTF-16 comes in either order, whatever the standard says."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return ""
    code, text = value[:_CODE_BYTES], value[_CODE_BYTES:]
    encodings = ("utf-16-be", "utf-16-le") if code.startswith(b"UNICODE") else ("utf-8",)
    texts = [text.decode(encoding, errors="replace") for encoding in encodings]
    return next((each for each in texts if "Steps:" in each), "")
