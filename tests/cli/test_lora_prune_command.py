"""`orchestrate lora prune` in a project."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.cli.main import main
from orchestrator.pipeline.store import WORK
from orchestrator.safetensors_file import content_hash
from orchestrator.webui import loras
from orchestrator.webui.card import LoraCard
from orchestrator.webui.folder import HereFolder


@pytest.fixture
def versions(project: Path, tmp_path: Path) -> list[str]:
    """Names of five versions of the project's LoRA in the embedded WebUI's folder, oldest first."""
    names = []
    for value in range(5):
        file = tmp_path / "made.safetensors"
        save_file({"x": np.full(2, value, np.float32)}, file)
        weights = LoraWeights(file, content_hash(file))
        folder = HereFolder(project / WORK / "loras")
        names.append(loras.place(weights, folder, name="small", card=LoraCard()).name)
    return names


def there(project: Path) -> list[str]:
    return sorted(path.stem for path in (project / WORK / "loras").glob("*.safetensors"))


def test_a_dry_run_tells_and_a_run_removes(
    project: Path, versions: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """By default as many stay as the setting says."""
    place = str(project / "project.yaml")
    assert main(["lora", "prune", place, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert f"would go {versions[0]}" in told
    assert there(project) == sorted(versions)
    assert main(["lora", "prune", place, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["removed"] == versions[:2]
    assert there(project) == sorted(versions[2:])


def test_how_many_stay_can_be_said(project: Path, versions: list[str]) -> None:
    """On the command line, or in the project's settings."""
    file = project / "project.yaml"
    file.write_text(f"{file.read_text()}webui: {{lora_versions: 4}}\n")
    assert main(["lora", "prune", str(file)]) == 0
    assert there(project) == sorted(versions[1:])
    assert main(["lora", "prune", str(file), "--keep", "1"]) == 0
    assert there(project) == versions[4:]
