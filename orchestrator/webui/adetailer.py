"""Passes of ADetailer: an extension that finds faces, hands or persons, and paints each once more, enlarged.

Names are those of its API, https://github.com/Bing-su/adetailer/wiki/REST-API. It refuses names that it
does not know, and some have changed over time: only those that are set are sent, and all here have lasted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from orchestrator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable


class Detail(Settings):
    """One pass.

    Attributes:
        ad_model: the detector, such as `face_yolov8n.pt`.
        ad_prompt: what to paint there; the picture's own prompt when empty.
        ad_negative_prompt: what to avoid there; the picture's own when empty.
        ad_confidence: how sure the detector must be.
        ad_dilate_erode: pixels that the found region grows by; below 0 it shrinks.
        ad_mask_blur: radius of its soft edge, pixels.
        ad_denoising_strength: how much is painted anew.
        ad_inpaint_only_masked: enlarge the region to the picture's size for painting.
        ad_inpaint_only_masked_padding: pixels around it that are seen along.
    """

    ad_model: str = Field(min_length=1)
    ad_prompt: str | None = None
    ad_negative_prompt: str | None = None
    ad_confidence: float | None = Field(default=None, ge=0, le=1)
    ad_dilate_erode: int | None = Field(default=None, ge=-128, le=128)
    ad_mask_blur: int | None = Field(default=None, ge=0, le=64)
    ad_denoising_strength: float | None = Field(default=None, ge=0, le=1)
    ad_inpaint_only_masked: bool | None = None
    ad_inpaint_only_masked_padding: int | None = Field(default=None, ge=0, le=256)


def arguments(details: Iterable[Detail]) -> list[Any]:
    """Return passes as the API takes them: it is on, img2img itself is not skipped, and each pass."""
    return [True, False, *(detail.model_dump(mode="json", exclude_none=True) for detail in details)]
