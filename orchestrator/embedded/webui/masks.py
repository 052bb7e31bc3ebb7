"""Painting only a part: AUTOMATIC1111's masks. White is painted, black stays exactly as it was."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageChops

from orchestrator.embedded.webui import pictures

if TYPE_CHECKING:
    import numpy.typing as npt

    from orchestrator.embedded.webui.wire import Img2Img

    Box = tuple[int, int, int, int]

_FILL_SIGMAS = (64.0, 16.0, 4.0, 1.0)
_OPAQUE = 128


class Fill(IntEnum):
    """What stands under the mask before painting begins: `inpainting_fill`."""

    SURROUNDINGS = 0
    ORIGINAL = 1
    NOISE = 2
    NOTHING = 3


@dataclass(frozen=True)
class Inpaint:
    """Where to paint.

    Attributes:
        overlay: mode L, the size of the finished picture; how much of the new picture shows.
        latent: mode L, the size that is painted.
        region: what part of the init image is painted, enlarged; None is the whole.
    """

    overlay: Image.Image
    latent: Image.Image
    region: Box | None


def prepare(mask: Image.Image, request: Img2Img) -> Inpaint:
    """Turn the mask of a request into what painting needs; the mask has the init image's size."""
    plane = _blurred(_plane(mask, invert=bool(request.inpainting_mask_invert)), request)
    size = (request.width, request.height)
    box = plane.getbbox() if request.inpaint_full_res else None
    if box is None:
        fitted = pictures.fit(plane, *size, request.resize_mode)
        return Inpaint(fitted.point(lambda value: min(255, 2 * value)), fitted, None)
    region = _widened(box, request.inpaint_full_res_padding, request.width / request.height, plane.size)
    return Inpaint(plane, pictures.fit(plane.crop(region), *size, 2), region)


def start(picture: Image.Image, inpaint: Inpaint, request: Img2Img) -> tuple[Image.Image, Image.Image]:
    """Return what the finished picture is laid over, and what the painting starts from."""
    size = (request.width, request.height)
    if inpaint.region is None:
        below = pictures.fit(picture, *size, request.resize_mode)
        return below, below
    return picture, pictures.fit(picture.crop(inpaint.region), *size, 2)


def laid_over(painted: Image.Image, below: Image.Image, inpaint: Inpaint) -> Image.Image:
    """Lay what was painted over what was there; where the overlay is 0 nothing changes."""
    if inpaint.region is not None:
        left, top, right, bottom = inpaint.region
        piece = painted.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
        painted = below.copy()
        painted.paste(piece, (left, top))
    return Image.composite(painted, below, inpaint.overlay)


def filled(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """Replace what the mask covers by the colours around it, smoother further inside."""
    import cv2

    image = np.asarray(picture, dtype=np.float32)
    known = 1 - np.asarray(mask, dtype=np.float32)[..., None] / 255
    if not known.any():
        return picture
    result = np.broadcast_to((image * known).sum((0, 1)) / known.sum(), image.shape)
    for sigma in _FILL_SIGMAS:
        weight = cv2.GaussianBlur(known[..., 0], (0, 0), sigma)[..., None]
        colour = cv2.GaussianBlur(image * known, (0, 0), sigma) / np.maximum(weight, 1e-6)
        trust = np.minimum(1, 4 * weight)
        result = trust * colour + (1 - trust) * result
    return Image.fromarray((known * image + (1 - known) * result).clip(0, 255).round().astype(np.uint8))


def latent_mask(inpaint: Inpaint) -> npt.NDArray[np.float32]:
    """Return which latents are painted: (height / 8, width / 8), 0 or 1."""
    width, height = inpaint.latent.size
    small = inpaint.latent.resize((width // 8, height // 8), Image.Resampling.BICUBIC)
    return np.around(np.asarray(small, dtype=np.float32) / 255)


def _plane(mask: Image.Image, *, invert: bool) -> Image.Image:
    """Return one plane: the alpha channel, cut at half, where it says anything; else the brightness."""
    transparent = mask.mode == "RGBA" and mask.getextrema()[-1] != (255, 255)
    alpha_or_grey: Any = mask.getchannel("A").point(lambda a: 255 * (a > _OPAQUE)) if transparent else mask
    plane = alpha_or_grey.convert("L")
    return ImageChops.invert(plane) if invert else plane


def _blurred(plane: Image.Image, request: Img2Img) -> Image.Image:
    import cv2

    both = request.mask_blur
    sigma_x = request.mask_blur_x if both is None else both
    sigma_y = request.mask_blur_y if both is None else both
    array = np.asarray(plane)
    if sigma_x:
        array = cv2.GaussianBlur(array, (2 * int(2.5 * sigma_x + 0.5) + 1, 1), sigma_x)
    if sigma_y:
        array = cv2.GaussianBlur(array, (1, 2 * int(2.5 * sigma_y + 0.5) + 1), sigma_y)
    return Image.fromarray(array)


def _widened(box: Box, padding: int, aspect: float, size: tuple[int, int]) -> Box:
    """Grow a box by `padding`, then to the aspect (width / height), within the picture."""
    left, top = max(0, box[0] - padding), max(0, box[1] - padding)
    right, bottom = min(size[0], box[2] + padding), min(size[1], box[3] + padding)
    width = min(size[0], max(right - left, round((bottom - top) * aspect)))
    height = min(size[1], max(bottom - top, round((right - left) / aspect)))
    new_left = _shifted(left, right, width, size[0])
    new_top = _shifted(top, bottom, height, size[1])
    return new_left, new_top, new_left + width, new_top + height


def _shifted(start: int, end: int, length: int, limit: int) -> int:
    """Return where a span of `length` begins that is centred on start..end and stays within 0..limit."""
    return min(max(0, (start + end - length) // 2), limit - length)
