"""Where the source's shots begin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator import files
from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.progress import Progress
    from orchestrator.stages.source import Source

_FILE = "cuts.json"


def shots(source: Source) -> Stage[tuple[int, ...]]:
    """Return the stage whose artifact is the index of each frame that begins a new shot; 0 is left out."""

    def build(folder: Path, made: Made, progress: Progress) -> None:
        del made
        files.write_json(folder / _FILE, find(source, progress))

    return Stage("shots", 1, source.content, (), build, load)


def find(source: Source, progress: Progress) -> tuple[int, ...]:
    """Look at every frame of the source once."""
    from orchestrator.media.decode import frames
    from orchestrator.media.shots import cuts
    from orchestrator.progress import counted

    with progress.task("finding shots", total=source.clip.count, unit="frames") as task:
        return cuts(counted(frames(source.clip), task))


def load(folder: Path) -> tuple[int, ...]:
    """Read the cuts back."""
    return tuple(json.loads((folder / _FILE).read_text(encoding="utf-8")))
