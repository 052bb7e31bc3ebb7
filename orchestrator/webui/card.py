"""The card beside a LoRA: what a WebUI shows of it, and by what we know later that it is ours.

A card is a JSON file beside the LoRA. WebUIs keep keys that they do not know, so ours holds one more: which
LoRA it was written for, when, and a digest of all else in it. A card that a user has changed has another
digest, and so is not ours any more.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from orchestrator import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MARK = "orchestrate"
PREVIEW_SIDE = 512

# how the base model's name begins in `ss_base_model_version`, and what a WebUI calls that kind
_SD_VERSIONS = {"sd_v1": "SD1", "sd_v2": "SD2", "sdxl": "SDXL", "sd3": "SD3", "flux": "Flux"}


@dataclass(frozen=True)
class LoraCard:
    """What a WebUI shows beside a LoRA, and fills into the prompt when it is clicked.

    Attributes:
        activation_text: the trigger word or words.
        preferred_weight: the weight to start with.
        description: one line.
        notes: anything else.
        preview: a picture of its style.
    """

    activation_text: str = ""
    preferred_weight: float = 1.0
    description: str = ""
    notes: str = ""
    preview: Path | None = None


@dataclass(frozen=True)
class Mark:
    """What a card of ours says of itself.

    Attributes:
        name: the LoRA's name, without its hash.
        content_hash: its `sshs_model_hash`, 64 hex digits.
        installed: when it came into the folder, seconds since 1970.
        preview: SHA-256 of the preview beside it; empty without one.
    """

    name: str
    content_hash: str
    installed: float
    preview: str = ""


def write(card: LoraCard, mark: Mark, metadata: Mapping[str, str]) -> bytes:
    """Return a card as a WebUI reads it.

    Args:
        card: what the user shall see.
        mark: what it is for.
        metadata: the LoRA's own, which tells the kind of its base model.
    """
    shown = {
        "description": card.description,
        "sd version": sd_version(metadata),
        "activation text": card.activation_text,
        "preferred weight": card.preferred_weight,
        "notes": card.notes,
    }
    return _written(shown, mark)


def reweighted(data: bytes, weight: float) -> bytes:
    """Return a card with another weight to start with; one that is not ours does not become ours by it.

    A card that cannot be read is returned as it is.
    """
    mark = read(data)
    try:
        whole = {**json.loads(data), "preferred weight": weight}
    except (ValueError, TypeError):
        return data
    if mark is None:
        return _text(whole)
    del whole[MARK]
    return _written(whole, mark)


def _written(shown: Mapping[str, Any], mark: Mark) -> bytes:
    return _text({**shown, MARK: {**asdict(mark), "digest": digest.of_value(shown)}})


def _text(whole: Mapping[str, Any]) -> bytes:
    return json.dumps(whole, indent=1, ensure_ascii=False).encode()


def read(data: bytes) -> Mark | None:
    """Return the mark of a card that is exactly as it was written here; None for any other."""
    try:
        whole: dict[str, Any] = dict(json.loads(data))
        said = dict(whole.pop(MARK))
        return Mark(**said) if said.pop("digest") == digest.of_value(whole) else None
    except (ValueError, TypeError, KeyError):
        return None


def sd_version(metadata: Mapping[str, str]) -> str:
    """Return what a WebUI calls the kind of model that a LoRA was trained on: `SD1`, `SDXL`, …, `Unknown`."""
    base = metadata.get("ss_base_model_version", "")
    return next((name for mark, name in _SD_VERSIONS.items() if base.startswith(mark)), "Unknown")


def preview(picture: Path) -> bytes:
    """Return a picture as the PNG that a WebUI shows, at most 512 pixels a side."""
    with Image.open(picture) as opened:
        small = opened.convert("RGB")
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    file = io.BytesIO()
    small.save(file, format="PNG", optimize=True)
    return file.getvalue()
