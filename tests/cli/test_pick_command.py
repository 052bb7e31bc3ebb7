"""`orchestrate pick`, with the trainer, the WebUI and the model that ship."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_project import make_project, orchestrate

from orchestrator.webui import card

WEIGHTS = ("--weights", "1,2", "--strengths", "0.3", "--probes", "3")


def pick(project: Path, *arguments: str) -> dict[str, Any]:
    answer = orchestrate("pick", "project.yaml", "--json", *arguments, cwd=project)
    assert answer.code == 0, answer.out + answer.err
    result: dict[str, Any] = json.loads(answer.out.splitlines()[-1])
    return result


@pytest.fixture(scope="module")
def picked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A project whose training saved its LoRA twice, and what was picked of it."""
    project = make_project(tmp_path_factory.mktemp("picked"))
    file = project / "project.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["training"]["overrides"]["save_every_n_steps"] = 1
    file.write_text(yaml.safe_dump(settings))
    return project, pick(project, *WEIGHTS)


def test_every_checkpoint_is_tried_at_every_weight(picked: tuple[Path, dict[str, Any]]) -> None:
    """All candidates are told, the best first, with what was spent; page and sheet are written."""
    _, result = picked
    tried = {(each["lora"], each["weight"], each["strength"]) for each in result["candidates"]}

    assert tried == {(f"step {step}", weight, 0.3) for step in (1, 2) for weight in (1.0, 2.0)}
    assert result["winner"] == result["candidates"][0]
    assert result["winner"]["frames"] == len(result["probes"]) == 3
    assert result["painted"] == result["frames"] < result["exhaustive"] == 15
    assert Path(result["page"]).read_text().count("data:image/webp") == result["frames"] + 3
    assert Path(result["sheet"]).stat().st_size > 1000


def test_the_winner_says_its_weight_and_the_losers_are_gone(picked: tuple[Path, dict[str, Any]]) -> None:
    """The WebUI's folder holds the winner with its card, and the LoRA in use, but no other checkpoint."""
    project, result = picked
    folder = project / ".orchestrate" / "loras"
    about = (folder / f"{result['installed']}.json").read_bytes()

    assert json.loads(about)["preferred weight"] == result["winner"]["weight"]
    assert card.read(about) is not None
    last = max(result["candidates"], key=lambda each: each["lora"])["hash"]
    kept = {result["installed"], f"small-{last[:12]}"}
    assert {path.stem for path in folder.glob("*.safetensors")} == kept


def test_nothing_is_painted_twice(picked: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """A second pick at another price paints only what the first did not, and a damaged picture no more."""
    project = tmp_path / "again"
    shutil.copytree(picked[0], project)
    first = {path.name: path.stat().st_mtime_ns for path in (project / ".orchestrate/pick").glob("*.png")}

    result = pick(project, *WEIGHTS, "--price", "3", "--all")

    kept = {path.name: path.stat().st_mtime_ns for path in (project / ".orchestrate/pick").glob("*.png")}
    assert result["painted"] == result["exhaustive"] - len(first)
    assert first.items() <= kept.items()
    assert len(kept) == result["exhaustive"]
