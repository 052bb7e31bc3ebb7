"""What a report is known by, and shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.pipeline.stage import Stage
from orchestrator.project import Project
from orchestrator.stages.report import report
from orchestrator.stages.source import Source


def test_no_secret_comes_onto_the_page(carphone: Path, tmp_path: Path) -> None:
    """Neither a WebUI's password nor a token among the trainer's arguments; what else was set is shown."""
    settings = {
        "name": "x",
        "source": {"video": carphone},
        "style": {"from": {"video": carphone}, "captions": {"trigger": "word"}},
        "stylize": {"prompt": "a street"},
        "webui": {"url": "http://127.0.0.1:1", "auth": "me:hush"},
        "training": {"overrides": {"wandb_api_key": "hush", "huggingface_token": "hush", "clip_skip": 2}},
    }
    source = Source(cut(probe(carphone), None, None), "x")
    earlier: Stage[Any] = Stage("earlier", 1, {}, (), print, Path)
    page = report(
        Project.model_validate(settings),
        tmp_path,
        {},
        source,
        earlier,
        earlier,
        (earlier, earlier),
        earlier,
    )
    assert "hush" not in str(page.settings)
    assert page.settings["settings"]["training"]["overrides"] == {"clip_skip": 2}
