"""The examples in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.layers import arranged
from orchestrator.project import load
from orchestrator.timeline import Timeline

EXAMPLES = Path(__file__).parents[2] / "examples"
LAYERS = {"quickstart": 1, "seasons": 4, "person": 1}


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/project.yaml")))
def test_an_example_has_no_mistake(name: str) -> None:
    """Its settings are read, and its layers fit eight seconds of 25 frames."""
    project = load(EXAMPLES / name / "project.yaml")
    assert len(arranged(project, Timeline.even(200, 25)).layers) == LAYERS[name]


def test_the_seasons_fade_over_twelve_frames_every_two_seconds() -> None:
    """Each season has two seconds; what it fades in from is painted for twelve frames more."""
    layers = arranged(load(EXAMPLES / "seasons" / "project.yaml"), Timeline.even(200, 25)).layers
    assert [(layer.frames.start, layer.frames.stop) for layer in layers] == [
        (0, 62),
        (50, 112),
        (100, 162),
        (150, 200),
    ]
