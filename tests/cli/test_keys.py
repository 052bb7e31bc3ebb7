"""Which change makes which stages anew: told by their keys, with nothing made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from orchestrator import presets
from orchestrator import project as project_file
from orchestrator.assemble import Graph, assemble
from orchestrator.pipeline.order import ordered
from orchestrator.pipeline.remembered import Digests
from orchestrator.pipeline.store import WORK
from orchestrator.report.render import as_yaml

Change = Callable[[Path], object]

PAINTED = {"stylize", "encode", "result_preview", "measure", "report"}
TRAINED = {"train", *PAINTED}


def graph(folder: Path) -> Graph:
    project = project_file.load(folder / "project.yaml")
    return assemble(project, folder / WORK, Digests(folder / "digests.json"))


def keys(folder: Path) -> dict[str, str]:
    return {stage.name: stage.key for stage in ordered(graph(folder).targets)}


def setting(name: str, value: object) -> Change:
    """Return what sets one key of the project file, named with dots."""

    def change(folder: Path) -> None:
        file = folder / "project.yaml"
        settings = yaml.safe_load(file.read_text())
        *way, last = name.split(".")
        part = settings
        for step in way:
            part = part.setdefault(step, {})
        part[last] = value
        file.write_text(yaml.safe_dump(settings))

    return change


def renamed_source(folder: Path) -> None:
    (folder / "street.mp4").rename(folder / "road.mp4")
    setting("source.video", "road.mp4")(folder)


DUSK = {"from": {"images": "style"}, "captions": {"trigger": "dusk"}}
CHANGES: dict[str, tuple[Change, set[str]]] = {
    "codec": (setting("output.codec", "h265"), {"encode"}),
    "container": (setting("output.video", "out/small.mkv"), {"encode"}),
    "sound": (setting("output.audio", "none"), {"encode"}),
    "folder of frames": (setting("output.frames", "out/frames"), set()),
    "name of the video": (setting("output.video", "out/other.mp4"), set()),
    "folder of the video": (setting("output.video", "elsewhere/small.mp4"), {"report"}),
    "name": (setting("name", "other"), {"report"}),
    "name of the source": (renamed_source, {"report"}),
    "end of the source": (setting("source.end", "0.2s"), {"shots", "source_preview", *PAINTED}),
    "strength that changes": (setting("stylize.strength", "0: (0.2), 9: (0.4)"), PAINTED),
    "every second frame": (setting("stylize.every", 2), PAINTED),
    "a style that nothing shows": (setting("styles.dusk", DUSK), {"report"}),
    "a region": (setting("regions", [{"where": "person"}]), {"mask-1", "compose", *PAINTED} - {"stylize"}),
    "segments": (
        setting("stylize.segments", [{"from": 0}, {"from": 5, "prompt": "dusk"}]),
        {"stylize-1", "stylize-2", "compose", *PAINTED} - {"stylize"},
    ),
    "metrics": (setting("score.metrics", ["ssim"]), {"measure", "report"}),
    "seed of painting": (setting("stylize.seed", 7), PAINTED),
    "prompt": (setting("stylize.prompt", "x"), PAINTED),
    "painter": (setting("webui.url", "http://127.0.0.1:7860"), PAINTED),
    "checkpoint": (setting("webui.checkpoint", "other"), PAINTED),
    "password": (setting("webui.auth", "me:hunter2"), set()),
    "port": (setting("webui.port", 7860), set()),
    "patience": (setting("webui.read_timeout", 7), set()),
    "batch": (setting("webui.batch", 4), set()),
    "requests under way": (setting("webui.in_flight", 3), set()),
    "header for a gateway": (setting("webui.headers", {"X-Key": "hunter2"}), set()),
    "restarts": (setting("webui.restarts", 9), set()),
    "two embedded ones": (setting("webui", ["embedded", "embedded"]), {"report"}),
    "as an address": (setting("webui", "embedded"), set()),
    "as a list of one": (setting("webui", [{"url": "embedded", "port": 7860}]), set()),
    "seed of training": (setting("training.seed", 3), {"dataset", *TRAINED}),
    "steps of training": (setting("training.overrides.max_train_steps", 3), TRAINED),
    "trigger": (setting("style.captions.trigger", "other"), {"dataset", *TRAINED}),
    "a picture's caption": (lambda f: (f / "style" / "1.txt").write_text("x"), {"dataset", *TRAINED}),
    "a picture less": (lambda f: (f / "style" / "1.png").unlink(), {"dataset", *TRAINED}),
    "notes beside the pictures": (lambda f: (f / "style" / "notes.md").write_text("x"), set()),
    "a folder beside the pictures": (lambda f: shutil.copytree(f / "style", f / "style" / "old"), set()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_makes_anew_what_it_changes_and_nothing_else(project: Path, name: str) -> None:
    """A key follows whatever decides its artifact."""
    change, expected = CHANGES[name]
    before = keys(project)
    change(project)
    after = keys(project)
    assert {stage for stage, key in after.items() if before.get(stage) != key} == expected


def test_a_ready_lora_says_nothing_of_the_model_that_is_painted_with(project: Path) -> None:
    """So another base model makes its layer anew, where the embedded WebUI paints with it; else none."""
    save_file({"a": np.zeros(1, np.float32)}, project / "dusk.safetensors")
    (project / "model").mkdir()
    (project / "model" / "a").write_text("weights")
    setting("styles", {"dusk": {"lora": "dusk.safetensors", "captions": {"trigger": "dusk"}}})(project)
    setting("regions", [{"where": "everything", "style": "dusk"}])(project)
    for painter, anew in (("embedded", True), ("http://127.0.0.1:7860", False)):
        setting("webui.url", painter)(project)
        setting("training.base_model", "pocket")(project)
        before = keys(project)["stylize-region-1"]
        setting("training.base_model", "model")(project)
        assert (keys(project)["stylize-region-1"] != before) is anew


def test_one_webui_is_written_down_as_it_always_was(project: Path) -> None:
    """However it is spelled, so that work made before a project could name several is still found."""
    for spelled in ("http://127.0.0.1:7860", {"url": "http://127.0.0.1:7860"}, ["http://127.0.0.1:7860"]):
        setting("webui", spelled)(project)
        stages = {stage.name: stage for stage in ordered(graph(project).targets)}
        painted, page = stages["stylize"].settings, stages["report"].settings
        assert (painted["painter"], painted["checkpoint"]) == ("WebUI", None)
        assert page["settings"]["webui"] == {"url": "http://127.0.0.1:7860"}
    assert (stages["stylize"].version, stages["report"].version) == (2, 3)


def test_another_server_beside_the_first_paints_the_same(project: Path) -> None:
    """Frames that are painted stay when a second WebUI comes to help."""
    setting("webui", "http://127.0.0.1:7860")(project)
    before = keys(project)
    setting("webui", ["http://127.0.0.1:7860", {"url": "http://10.0.0.2:7860", "lora_dir": "l"}])(project)
    after = keys(project)
    assert {name for name, key in after.items() if before[name] != key} == {"report"}


def test_a_moved_project_keeps_all_of_its_work(project: Path) -> None:
    """No key knows where the project's folder lies, nor that of a payload in it."""
    shutil.copy(presets.folder("webui_payloads") / "img2img-pocket.yaml", project / "mine.yaml")
    setting("stylize.segments", [{"from": 0}, {"from": 5, "payload": "mine.yaml"}])(project)
    setting("stylize.payload", "mine.yaml")(project)
    before = keys(project)
    moved = project.rename(project.with_name("moved"))
    assert keys(moved) == before


def test_results_lie_in_the_project_wherever_it_is_run_from(project: Path) -> None:
    """Also if the project file says nothing of them."""
    settings = yaml.safe_load((project / "project.yaml").read_text())
    del settings["output"]
    (project / "project.yaml").write_text(yaml.safe_dump(settings))
    assert project_file.load(project / "project.yaml").output.video == project / "out" / "video.mp4"


def test_the_settings_that_the_report_shows_repeat_the_run(project: Path) -> None:
    """Saved as project.yaml they ask for the very same work, times and paths as a user writes them."""
    setting("source", {"video": "street.mp4", "start": "0.04s", "end": "0:00.3"})(project)
    setting("webui.auth", "me:hunter2")(project)
    stages, before = ordered(graph(project).targets), keys(project)
    (shown,) = (stage.settings["settings"] for stage in stages if stage.name == "report")
    (project / "project.yaml").write_text(as_yaml(shown))
    assert {name: key for name, key in keys(project).items() if name != "encode"} == {
        name: key for name, key in before.items() if name != "encode"
    }
    wanted = {"video": "street.mp4", "start": "0.04s", "end": "0.3s"}
    assert shown["source"] == wanted


def test_no_stage_writes_a_secret_or_its_own_place_down(project: Path) -> None:
    """Records of stages may be sent to somebody."""
    gateway = {"url": "http://127.0.0.1:7860", "headers": {"X-Key": "hunter2"}}
    setting("webui", [{"url": "embedded", "auth": "me:hunter2"}, gateway])(project)
    written = json.dumps([dict(stage.settings) for stage in ordered(graph(project).targets)], default=str)
    assert "hunter2" not in written
    assert str(project) not in written
