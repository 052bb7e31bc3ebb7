"""`orchestrate pick`, with the trainer, the WebUI and the model that ship."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_project import make_project, orchestrate

from orchestrator.safetensors_file import content_hash
from orchestrator.webui import card

WEIGHTS = ("--weights", "1,2", "--strengths", "0.3", "--probes", "3")


def pick(project: Path, *arguments: str) -> dict[str, Any]:
    answer = orchestrate("pick", "project.yaml", "--json", *arguments, cwd=project)
    assert answer.code == 0, answer.out + answer.err
    (project / "told").write_text(answer.out)
    result: dict[str, Any] = json.loads(answer.out.splitlines()[-1])
    return result


@pytest.fixture(scope="module")
def picked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A project whose LoRA was looked at while it was trained, and what was picked of the training."""
    project = make_project(tmp_path_factory.mktemp("picked"))
    file = project / "project.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["training"]["early_stop"] = {"every": 1, "patience": 9, "probes": 1}
    file.write_text(yaml.safe_dump(settings))
    return project, pick(project, *WEIGHTS)


def test_every_checkpoint_is_tried_at_every_weight(picked: tuple[Path, dict[str, Any]]) -> None:
    """All candidates are told, the best first, with what was spent; page and sheet are written."""
    _, result = picked
    tried = [(each["lora"], each["weight"], each["strength"]) for each in result["candidates"]]

    assert {("step 1", 1.0, 0.3), ("step 1", 2.0, 0.3)} <= {*tried}
    assert result["winner"] == result["candidates"][0]
    assert result["winner"]["frames"] == len(result["probes"]) == 3
    assert result["painted"] <= result["frames"] <= result["exhaustive"]
    assert result["exhaustive"] == 3 * (len(tried) + 1)
    assert Path(result["page"]).read_text().count("data:image/webp") == result["frames"] + 3
    assert Path(result["sheet"]).stat().st_size > 1000


def test_the_winner_says_its_weight_and_the_losers_are_gone(picked: tuple[Path, dict[str, Any]]) -> None:
    """The WebUI's folder holds the winner with its card, and the LoRA in use, but no other checkpoint."""
    project, result = picked
    folder = project / ".orchestrate" / "loras"
    about = (folder / f"{result['installed']}.json").read_bytes()

    assert json.loads(about)["preferred weight"] == result["winner"]["weight"]
    assert card.read(about) is not None
    (trained,) = project.glob(".orchestrate/stages/train-*/smallstyle.safetensors")
    may_stay = {result["installed"], f"small-{content_hash(trained)[:12]}"}
    assert result["installed"] in {path.stem for path in folder.glob("*.safetensors")} <= may_stay


def test_the_training_was_looked_at(picked: tuple[Path, dict[str, Any]]) -> None:
    """Each LoRA that it saved was painted with, and the best of them is the training's."""
    project, _ = picked
    lines = map(json.loads, (project / "told").read_text().splitlines())
    told = [line["text"] for line in lines if "text" in line]

    looks = [line for line in told if line.endswith("on held-out frames")]
    assert [line.partition(":")[0] for line in looks] == ["step 1", "step 2"]
    assert any(line.endswith("is kept, the best of 2") for line in told)


def test_nothing_is_painted_twice(picked: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """A second pick at another price paints only what the first did not, and leaves the rest as it is."""
    project = tmp_path / "again"
    shutil.copytree(picked[0], project)
    first = {path.name: path.stat().st_mtime_ns for path in (project / ".orchestrate/pick").glob("*.png")}

    result = pick(project, *WEIGHTS, "--price", "3", "--all")

    kept = {path.name: path.stat().st_mtime_ns for path in (project / ".orchestrate/pick").glob("*.png")}
    assert result["painted"] == len(kept) - len(first)
    assert first.items() <= kept.items()
    assert result["frames"] == result["exhaustive"] <= len(kept)
