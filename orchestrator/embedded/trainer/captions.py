"""What a caption becomes each time its picture is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from orchestrator.embedded.trainer.dataset_config import Subset


def seen(caption: str, subset: Subset, random: Random) -> str:
    """Return the caption for one look at a picture: with prefix and suffix, shuffled, or dropped."""
    whole = " ".join(part for part in (subset.caption_prefix, caption, subset.caption_suffix) if part)
    if subset.caption_dropout_rate and random.random() < subset.caption_dropout_rate:
        return ""
    if not subset.shuffle_caption:
        return whole
    tags = [tag.strip() for tag in whole.split(subset.caption_separator)]
    free = tags[subset.keep_tokens :]
    random.shuffle(free)
    return f"{subset.caption_separator} ".join(tags[: subset.keep_tokens] + free)


def frequency(captions: list[str], separator: str) -> dict[str, int]:
    """Return how often each tag stands in the captions, as `ss_tag_frequency` lists it."""
    counts: dict[str, int] = {}
    for caption in captions:
        for tag in filter(None, (part.strip() for part in caption.split(separator))):
            counts[tag] = counts.get(tag, 0) + 1
    return counts
