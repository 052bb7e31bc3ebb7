"""Ways to paint a few frames, for a choice to be made before all are painted."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Said = dict[str, Any]

NAMES: Mapping[str, str] = {
    "strength": "strength {:.3g}",
    "lora_weight": "LoRA {:.3g}",
    "steps": "{} steps",
    "cfg_scale": "CFG {:.3g}",
    "seed": "seed {}",
}
"""What may differ from one to another, by its name in `stylize`, and how it is written."""

# strength decides what is left of the source, and the weight how much style there is: what is chosen first
_AROUND = {"strength": (0.7, 1.4, 1.0), "lora_weight": (0.7, 1.3, 4.0)}  # factors, and the most that can be


def variants(
    own: Mapping[str, Any], asked: Mapping[str, Sequence[Any] | None], *, lora: bool
) -> tuple[list[Said], list[Said]]:
    """Return what rows and columns of a table differ in; both of them together are a variant.

    Strengths are rows, and all else columns.

    Args:
        own: the values that the project itself has, by name.
        asked: the values to try; the project's own and some around them where none are asked for at all.
        lora: whether there is a LoRA; else its weight is of no matter.
    """
    tried = {name: list(values) for name, values in asked.items() if values} or _around(own)
    if not lora:
        tried.pop("lora_weight", None)
    rows = [{"strength": each} for each in tried.pop("strength", [own["strength"]])]
    columns = [dict(zip(tried, values, strict=True)) for values in product(*tried.values())]
    return rows, columns


def label(said: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """Return a variant in words; a star tells that it is the project's own."""
    words = ", ".join(NAMES[name].format(value) for name, value in said.items())
    return words + (" *" if all(own[name] == value for name, value in said.items()) else "")


def spread(count: int, cuts: Sequence[int], number: int) -> list[int]:
    """Return frames that show much of a clip: the middles of its longest shots, ascending.

    Args:
        count: frames of the clip.
        cuts: indices of the frames that begin a new shot, ascending.
        number: how many frames; fewer if the clip has fewer.
    """
    parts = list(pairwise((0, *cuts, count)))
    while len(parts) < min(number, count):
        start, stop = parts.pop(max(range(len(parts)), key=lambda part: parts[part][1] - parts[part][0]))
        middle = (start + stop) // 2
        parts += [(start, middle), (middle, stop)]
    longest = sorted(parts, key=lambda part: part[0] - part[1])[:number]
    return sorted((start + stop) // 2 for start, stop in longest)


def _around(own: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return each value of the project's own between two others, as far as there are such."""
    return {name: _between(own[name], *around) for name, around in _AROUND.items()}


def _between(own: float, less: float, more: float, most: float) -> list[float]:
    return sorted({round(own * less, 3), own, min(most, round(own * more, 3))})
