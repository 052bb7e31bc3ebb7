"""Single pictures, in and out."""

from __future__ import annotations

import io
import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from orchestrator import png
from orchestrator.errors import ImageError
from orchestrator.files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.artifacts import FrameSequence

MAX_PIXELS = 89_478_485  # Pillow's own limit: a quarter of a GiB as RGB
warnings.simplefilter("error", Image.DecompressionBombWarning)  # as Pillow advises: an error can be told

_TO_EIGHT_BITS = 257  # 65535 / 255
_SIDEWAYS = range(5, 9)  # orientations of EXIF that swap width and height
_WEBP_QUALITY = 82
_PAUSE = 0.05  # seconds between two looks for a picture; making one takes far longer


def read(path: Path, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Return a picture, turned upright as its EXIF tells.

    Transparency is composited on white; grey and palettes become RGB; 16 bits become 8; of an animation the
    first frame is taken. Colour profiles are not applied.

    Args:
        path: a picture of any kind that Pillow reads.
        max_pixels: width times height that is refused before anything is decoded.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: there is no such file, it is empty, no picture, cut off, or has too many pixels.
    """
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > max_pixels:
                raise _too_large(path, f"{picture.width}x{picture.height}")
            return np.asarray(_flat(ImageOps.exif_transpose(picture)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(path, "more pixels than Pillow opens") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise _unreadable(path, error) from error


def size(path: Path) -> tuple[int, int]:
    """Return a picture's width and height, upright, without decoding it. Raises ImageError, as `read`."""
    try:
        with Image.open(path) as picture:
            turned = picture.getexif().get(ExifTags.Base.Orientation, 1) in _SIDEWAYS
            return (picture.height, picture.width) if turned else (picture.width, picture.height)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombWarning) as error:
        raise _unreadable(path, error) from error


def stored(frames: FrameSequence) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of a sequence in order, read one by one, each as `frame` gives it."""
    return (frame(frames, index) for index in range(frames.count))


def frame(frames: FrameSequence, index: int) -> NDArray[np.uint8]:
    """Return one picture of a sequence; wait for it as long as its maker is at work.

    A picture that is there is whole: `write_png` renames it into its place.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImageError: its maker has ended without it, or it cannot be read.
    """
    path = frames.path(index)
    # asked before looking for the picture: the last one may come right before the end
    while not frames.ended() and not path.exists():
        time.sleep(_PAUSE)
    return read(path)


def write_png(path: Path, array: NDArray[np.uint8]) -> None:
    """Write a picture as PNG: whole or not at all, the same bytes for the same pixels.

    Args:
        path: the file to make or replace.
        array: (H, W, 3) or (H, W) uint8.

    Raises:
        NotWritable, DiskFull: the disk does not let us.
    """
    write_bytes(path, png.encode(array))


def resize(array: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture at (width, height) `size`, by Lanczos's filter, widened when shrinking."""
    if array.shape[1::-1] == size:
        return array
    return np.asarray(Image.fromarray(array).resize(size, Image.Resampling.LANCZOS))


def thumbnail(array: NDArray[np.uint8], most: tuple[int, int]) -> bytes:
    """Return a picture as a WebP file, shrunk to at most (width, height) `most`."""
    picture = Image.fromarray(array)
    picture.thumbnail(most)
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=_WEBP_QUALITY)
    return file.getvalue()


def _flat(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        return Image.fromarray((np.asarray(picture) // _TO_EIGHT_BITS).astype(np.uint8)).convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(white, seen).convert("RGB")


def _too_large(path: Path, size: str) -> ImageError:
    return ImageError(
        f"this picture is too large to open safely: {size}",
        where=str(path),
        remedy="Scale it down first.",
    )


def _unreadable(path: Path, error: Exception) -> ImageError:
    if not path.exists():
        return ImageError("there is no such picture", where=str(path), remedy="Check the path.")
    if path.is_dir():
        return ImageError("this is a folder, not a picture", where=str(path), remedy="Name a picture in it.")
    if path.stat().st_size == 0:
        return ImageError(
            "this picture is empty: 0 bytes", where=str(path), remedy="Copy it again, or remove it."
        )
    kind = "is no picture that can be read" if isinstance(error, UnidentifiedImageError) else "is damaged"
    detail = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
    return ImageError(f"this file {kind}{detail}", where=str(path), remedy="Copy it again, or remove it.")
