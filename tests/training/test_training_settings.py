from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator import document
from orchestrator.errors import ProjectError
from orchestrator.training.settings import TrainingSettings


def parsed(text: str) -> TrainingSettings:
    return document.parse(text, TrainingSettings, name="project.yaml", folder=Path("/job"))


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("seed: 1", "pocket"),
        ("base_model: pocket", "pocket"),
        ("base_model: m.safetensors", Path("/job/m.safetensors")),
    ],
)
def test_a_base_model_is_pocket_or_a_path(text: str, model: str | Path) -> None:
    """`pocket` is a name; anything else is a path beside the project file."""
    assert parsed(text).base_model == model


def test_values_of_overrides_keep_their_types() -> None:
    """A trainer's TOML gets numbers as numbers and truth as truth, also 1e-4."""
    overrides = parsed("overrides: {a: 1e-4, b: 3, c: true, d: x, e: [1, 2.5]}").overrides
    assert overrides == {"a": 1e-4, "b": 3, "c": True, "d": "x", "e": [1, 2.5]}
    assert [type(value) for value in overrides.values()] == [float, int, bool, str, list]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("base_model: 3", "write `pocket`, or the path of a checkpoint, not 3"),
        ("overrides: {x: {y: 1}}", "write a number, a text"),
        ("overrides: {x: [[1]]}", "write a number, a text"),
        ("trainer: kohya", "embedded"),
        ("seed: -1", "greater than or equal to 0"),
    ],
)
def test_a_mistake_is_told_once_and_in_plain_words(text: str, words: str) -> None:
    """One line, whatever alternatives the value was tried against."""
    with pytest.raises(ProjectError, match=words) as caught:
        parsed(text)
    assert str(caught.value).count("\n") == 0
