"""The `regions` part of project.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator import document
from orchestrator.errors import ProjectError
from orchestrator.regions.settings import RegionSettings
from orchestrator.settings import Settings


class Project(Settings):
    """What has regions."""

    regions: tuple[RegionSettings, ...] = ()


def read(yaml: str, folder: Path = Path("/somewhere")) -> Project:
    return document.parse(yaml, Project, name="project.yaml", folder=folder)


def test_several_regions_each_with_its_style() -> None:
    """Their order is kept, and paths are taken from the file's folder."""
    project = read(
        "regions:\n"
        "  - {where: person, style: winter, paste: {lama: big-lama.pt}}\n"
        "  - where: {sam: models/sam, prompts: [{at: 1.5s, points: [[0.5, 0.5]]}]}\n"
        "    style: summer\n"
    )
    person, pointed = project.regions
    assert (person.where, person.style, pointed.style) == ("person", "winter", "summer")
    assert person.paste is not None
    assert person.paste.lama == Path("/somewhere/big-lama.pt")
    assert read(project.model_dump_json()) == project


@pytest.mark.parametrize(
    ("where", "place", "said"),
    [
        ("cat", "1:12", "'person', 'background' or 'everything'"),
        ("{sofa: 1}", "1:12", "write person, background, everything, or a mapping with one of colour, hsv"),
        ("{colour: red}", "1:20", "^#[0-9a-fA-F]{6}$"),
        ("{text: cat, model: m, threshold: 3}", "1:41", "less than or equal to 1"),
        ("{text: cat, model: m, treshold: 1}", "1:41", "did you mean 'threshold'"),
        ("{depth: d.onnx, near: 0.6, far: 0.2}", "1:12", "far (0.2) must be more than near (0.6)"),
        ("{polygon: [{points: [[0, 0], [1, 1]]}]}", "1:31", "at least 3 items"),
        ("{polygon: [{at: 9x, points: [[0, 0], [1, 1], [1, 0]]}]}", "1:31", "'9x' is no time"),
        ("{sam: s, prompts: [{at: 0}]}", "1:38", "points: [[x, y]]"),
        ("{sam: s, prompts: [{box: [0.5, 0, 0.2, 1]}]}", "1:38", "[left, top, right, bottom]"),
    ],
)
def test_mistakes_are_told_with_their_place(where: str, place: str, said: str) -> None:
    """Line, column, and what may be written."""
    with pytest.raises(ProjectError) as caught:
        read(f"regions: [{{where: {where}}}]")
    assert str(caught.value).startswith(f"project.yaml:{place}: ")
    assert said in str(caught.value)


def test_a_polygon_keeps_its_corners() -> None:
    """Between keys each corner has somewhere to go."""
    three, four = [[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 0], [1, 1], [0, 1]]
    keys: list[dict[str, Any]] = [{"points": three}, {"at": 5, "points": four}]
    with pytest.raises(ValueError, match=r"as many points as the others, not \[3, 4\]"):
        RegionSettings.model_validate({"where": {"polygon": keys}})
