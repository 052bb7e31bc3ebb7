"""Payload presets: all that ship are sound, and a wrong one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator import presets
from orchestrator.errors import PresetError
from orchestrator.webui import payloads

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", presets.names("webui_payloads"))
def test_every_shipped_payload_loads(name: str) -> None:
    """Each preset of webui_payloads/ is typed, and keeps more of a frame than it repaints."""
    assert payloads.load(name).denoising_strength <= 0.5


def test_both_kinds_of_model_have_a_payload() -> None:
    """There is one for full-size checkpoints and one for the model that comes along."""
    assert {"img2img-style", "img2img-pocket"} <= set(presets.names("webui_payloads"))


@pytest.mark.parametrize(
    ("line", "words"),
    [("stepz: 3", "did you mean 'steps'"), ("steps: many", "steps"), ("steps: [", "no[tn].*YAML")],
)
def test_mistakes_are_told_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, words: str
) -> None:
    """An unknown key, a wrong type and broken YAML name the file and line."""
    text = presets.read("webui_payloads", "img2img-style")
    kept = "\n".join(each for each in text.splitlines() if not each.startswith("steps"))
    (tmp_path / "mine.yaml").write_text(f"{line}\n{kept}\n" + ("" if "stepz" not in line else "steps: 3\n"))
    monkeypatch.setattr(presets, "folder", lambda _: tmp_path)
    with pytest.raises(PresetError, match=rf"mine\.yaml:\d+:\d+: (?s:.*){words}"):
        payloads.load("mine")
