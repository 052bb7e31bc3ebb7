"""Where the source's shots begin, and what else a look at every frame tells."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from orchestrator import files
from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.media.survey import Survey
    from orchestrator.progress import Progress
    from orchestrator.stages.source import Source

_FILE = "survey.json"


def shots(source: Source) -> Stage[tuple[int, ...]]:
    """Return the stage whose artifact is the index of each frame that begins a new shot; 0 is left out."""

    def build(folder: Path, made: Made, progress: Progress) -> None:
        del made
        files.write_json(folder / _FILE, asdict(find(source, progress)))

    return Stage("shots", 2, source.content, (), build, lambda folder: load(folder).shots.cuts)


def survey(shots: Stage[tuple[int, ...]]) -> Stage[Survey]:
    """Return the same stage with all that it found as its artifact."""
    return replace(shots, load=load)  # type: ignore[arg-type, return-value]


def find(source: Source, progress: Progress) -> Survey:
    """Look at every frame of the source once, and tell what of it will not stay as it is."""
    from orchestrator.media.decode import frames
    from orchestrator.media.remarks import remarks
    from orchestrator.media.survey import survey
    from orchestrator.progress import counted

    for remark in remarks(source.clip.footage):
        progress.say(remark)
    with progress.task("finding shots", total=source.clip.count, unit="frames") as task:
        return survey(counted(frames(source.clip), task))


def load(folder: Path) -> Survey:
    """Read it all back."""
    from orchestrator.media.letterbox import Box
    from orchestrator.media.shots import Shot, Shots
    from orchestrator.media.span import Span
    from orchestrator.media.survey import Survey

    told = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    found, picture = told["shots"], told["picture"]
    return Survey(
        shots=Shots(
            shots=tuple(Shot(**each) for each in found["shots"]),
            fades=tuple(Span(*each) for each in found["fades"]),
            flashes=tuple(Span(*each) for each in found["flashes"]),
        ),
        repeats=tuple(told["repeats"]),
        picture=Box(*picture) if picture else None,
    )
