"""Enlarging a finished picture without a network: extra-single-image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

from orchestrator.embedded.webui import pictures
from orchestrator.embedded.webui.refusal import Refusal

if TYPE_CHECKING:
    from orchestrator.embedded.webui.wire import ExtraSingleImage

_FILTERS = {"None": None, "Lanczos": Image.Resampling.LANCZOS, "Nearest": Image.Resampling.NEAREST}


def upscalers() -> list[dict[str, Any]]:
    """Describe the upscalers, as `/sdapi/v1/upscalers` does."""
    return [
        {"name": name, "model_name": None, "model_path": None, "model_url": None, "scale": 4.0}
        for name in _FILTERS
    ]


def enlarge(request: ExtraSingleImage) -> Image.Image:
    """Enlarge the request's picture; the upscaler "None" leaves it as it is.

    Raises:
        Refusal: an unknown upscaler, face restoration, a second upscaler, or too large a result.
    """
    if request.upscaler_1 not in _FILTERS:
        raise Refusal(f"Upscaler not found: {request.upscaler_1!r}. There are: {', '.join(_FILTERS)}")
    if request.gfpgan_visibility or request.codeformer_visibility:
        raise Refusal("There is no face restoration here")
    if request.upscaler_2 != "None" and request.extras_upscaler_2_visibility:
        raise Refusal("Two upscalers at once are not supported")
    picture = pictures.flat(pictures.decode(request.image))
    resampling = _FILTERS[request.upscaler_1]
    return picture if resampling is None else _resized(picture, request, resampling)


def _resized(picture: Image.Image, request: ExtraSingleImage, resampling: Image.Resampling) -> Image.Image:
    if request.resize_mode == 1:
        size = (request.upscaling_resize_w, request.upscaling_resize_h)
    else:
        width, height = (max(1, round(side * request.upscaling_resize)) for side in picture.size)
        size = (width, height)
    if size[0] * size[1] > pictures.MAX_PIXELS:
        raise Refusal(f"The result of {size[0]}x{size[1]} pixels would be too large")
    if request.resize_mode == 1 and not request.upscaling_crop:
        return ImageOps.contain(picture, size, resampling)
    return (
        ImageOps.fit(picture, size, resampling)
        if request.resize_mode == 1
        else picture.resize(size, resampling)
    )
