"""What a LoRA's metadata tell of its making, in words; trainers write `None` for what was not set."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNSET = ("", "None")


@dataclass(frozen=True)
class Story:
    """How a LoRA came about; None where its metadata do not tell.

    Attributes:
        name: that it was given when it was trained.
        base_model: file name of the checkpoint that it was trained on.
        base_hash: SHA-256 of that checkpoint, 64 hex digits.
        steps: steps trained.
        epochs: epochs trained.
        trained: when the training ended, ISO 8601 in UTC.
        resolution: that it was trained at. `modelspec.resolution` is not asked: sd-scripts writes its default
            there when a dataset TOML says another.
        learning_rate: as the trainer writes it.
        tags: how often each tag stands in its captions, the most frequent first.
    """

    name: str | None
    base_model: str | None
    base_hash: str | None
    steps: int | None
    epochs: int | None
    trained: str | None
    resolution: str | None
    learning_rate: str | None
    tags: Mapping[str, int]


def story(metadata: Mapping[str, str]) -> Story:
    """Return what metadata tell; whatever is missing or cannot be read is None."""
    told = {key: value for key, value in metadata.items() if value not in _UNSET}
    return Story(
        name=told.get("ss_output_name", told.get("modelspec.title")),
        base_model=told.get("ss_sd_model_name"),
        base_hash=told.get("ss_new_sd_model_hash"),
        steps=_whole(told.get("ss_steps")),
        epochs=_whole(told.get("ss_epoch")),
        trained=_date(told.get("ss_training_finished_at")) or told.get("modelspec.date"),
        resolution=_resolution(told.get("ss_datasets")) or told.get("ss_resolution"),
        learning_rate=told.get("ss_unet_lr", told.get("ss_learning_rate")),
        tags=_tags(told.get("ss_tag_frequency")),
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _date(seconds: str | None) -> str | None:
    with contextlib.suppress(TypeError, ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(float(seconds or ""), timezone.utc).isoformat(timespec="seconds")
    return None


def _json(text: str | None) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(text or "null")
    return None


def _resolution(datasets: str | None) -> str | None:
    found = _json(datasets)
    listed = found if isinstance(found, list) else []
    sizes = [each.get("resolution") for each in listed if isinstance(each, dict)]
    return ", ".join("x".join(map(str, size)) for size in sizes if isinstance(size, list)) or None


def _tags(text: str | None) -> dict[str, int]:
    """Return the tags of all folders together: a JSON object of folders, each with its counts."""
    folders = _json(text)
    counts: Counter[str] = Counter()
    for folder in folders.values() if isinstance(folders, dict) else ():
        if isinstance(folder, dict):
            counts.update({tag: count for tag, count in folder.items() if isinstance(count, int)})
    return {tag.strip(): count for tag, count in counts.most_common()}
