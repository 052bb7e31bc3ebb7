"""Which frames of the source LoRAs are tried on."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.artifacts import Dataset
from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.media.shots import Shot, Shots
from orchestrator.media.span import Span
from orchestrator.media.survey import Survey
from orchestrator.progress import Silent
from orchestrator.project import Project
from orchestrator.stages import material
from orchestrator.stages.material import Material, frames_to_try
from orchestrator.stages.source import Source


def test_a_shot_that_shows_nothing_whole_is_no_held_out_shot(
    carphone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one shot that was not trained on is a fade: then frames of the others are better than none."""
    monkeypatch.setattr(material, "_trained", lambda _: frozenset({3}))
    shots = Shots((Shot(0, 10, "start"), Shot(10, 16, "fade")), fades=(Span(10, 16),), flashes=())
    settings = {
        "source": {"video": carphone},
        "style": {"from": {"video": carphone}, "captions": {"trigger": "word"}},
    }
    tried = Material(
        Project.model_validate({"name": "x", **settings, "stylize": {"prompt": "a street"}}),
        tmp_path,
        Source(cut(probe(carphone), None, None), "x"),
        Survey(shots, repeats=tuple(range(16)), picture=None),
        Dataset(tmp_path, tmp_path, 0, "word"),
    )
    assert frames_to_try(tried, 2, Silent()) == (5, 2)
