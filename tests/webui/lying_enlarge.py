"""How a WebUI enlarges: by a network, plainly because its weights are missing, not at all, or wrongly."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from PIL import Image, ImageFilter

from orchestrator.webui import images

Enlarging = Literal["network", "plain", "none", "black"]


def enlarge(body: dict[str, Any], how: Enlarging) -> dict[str, str]:
    """Answer extra-single-image; sides become multiples of 8, as in AUTOMATIC1111."""
    picture = Image.fromarray(images.decode(body["image"]))
    width, height = (int(side * body["upscaling_resize"]) // 8 * 8 for side in picture.size)
    large = picture.resize((width, height), Image.Resampling.LANCZOS)
    made = {
        "network": large.filter(ImageFilter.UnsharpMask(2, 150, 0)),
        "plain": large,
        "none": picture,
        "black": Image.new("RGB", large.size),
    }
    return {"image": images.encode(np.asarray(made[how])), "html_info": ""}
