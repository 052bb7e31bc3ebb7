"""The pictures that a trainer paints on its way, to show what it has learnt so far."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAMED = re.compile(r"_(?P<epoch>e?)(?P<count>\d{6})_(?P<prompt>\d{2})_(?P<time>\d{14})")


def samples(folder: Path) -> tuple[Path, ...]:
    """Return them in the order in which they were painted.

    Args:
        folder: of a training; sd-scripts paints into `sample/` beside what it saves.
    """
    return tuple(sorted(folder.glob("checkpoints*/**/sample/*.png"), key=_order))


def label(sample: Path) -> str:
    """Return what tells a sample from the others: the epoch or step, and the number of its prompt."""
    named = _NAMED.search(sample.stem)
    if named is None:
        return sample.stem
    unit = "epoch" if named["epoch"] else "step"
    return f"{unit} {int(named['count'])}, prompt {int(named['prompt']) + 1}"


def _order(sample: Path) -> tuple[str, str]:
    named = _NAMED.search(sample.stem)
    return (named["time"] if named else "", sample.name)
