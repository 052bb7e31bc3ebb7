"""Deforum's settings files as ours."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from orchestrator.cli.main import main
from orchestrator.errors import PresetError
from orchestrator.stylization.schedule.deforum_file import Imported, read
from orchestrator.stylization.schedule.schedule import Schedule
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.timeline import Timeline

SAVED: dict[str, Any] = {
    "W": 512,
    "H": 768,
    "seed": 42,
    "seed_behavior": "fixed",
    "sampler": "Euler a",
    "steps": 25,
    "prompts": {"0": "a bunny --neg nsfw", "max_f/2": "a durian"},
    "positive_prompts": "masterpiece",
    "negative_prompts": "blurry",
    "max_frames": 121,
    "zoom": "0: (1.0025+0.002*sin(1.25*3.14*t/30))",
    "angle": "0: (0)",
    "strength_schedule": "0: (0.65), 20: (0.6+0.1*sin(t))",
    "cfg_scale_schedule": "0: (7)",
    "enable_steps_scheduling": False,
    "steps_schedule": "0: (99)",
    "cn_1_enabled": True,
    "cn_1_weight": "0:(1)",
    "use_mask": False,
}


def imported(tmp_path: Path, **changed: Any) -> Imported:
    file = tmp_path / "20260101_settings.txt"
    file.write_text(json.dumps(SAVED | changed), encoding="utf-8")
    return read(file)


def test_what_has_a_counterpart_is_taken_over(tmp_path: Path) -> None:
    """Prompts become segments without a fade; numbers keep their schedules."""
    stylize = imported(tmp_path).stylize
    assert stylize.pop("segments") == [
        {"from": 0, "prompt": "masterpiece, a bunny", "negative_prompt": "blurry, nsfw"},
        {"from": 60, "prompt": "masterpiece, a durian", "negative_prompt": "blurry"},
    ]
    strength = "0: (0.35), 20: (1 - (0.6+0.1*sin(t)))"
    assert stylize == {"strength": strength, "cfg_scale": 7, "steps": 25, "seed": 42, "size": [512, 768]}


def test_strength_is_turned_round(tmp_path: Path) -> None:
    """Deforum's strength is how much is kept; ours is how much is painted anew."""
    clip = Timeline.even(40, 15)
    theirs, ours = (
        TypeAdapter(Schedule).validate_python(text).values(clip)
        for text in (SAVED["strength_schedule"], imported(tmp_path).stylize["strength"])
    )
    assert [1 - value for value in theirs] == pytest.approx(ours)


def test_what_is_left_out_has_its_reason(tmp_path: Path) -> None:
    """What was on and has no place is told; what was off is not."""
    left_out = imported(tmp_path).left_out
    assert set(left_out) == {"sampler", "max_frames", "zoom", "cn_1_enabled"}
    assert "camera" in left_out["zoom"]


def test_one_prompt_is_no_segment(tmp_path: Path) -> None:
    """A look that never changes stands directly in `stylize`."""
    stylize = imported(tmp_path, prompts={"0": "a bunny"}).stylize
    assert (stylize["prompt"], stylize["negative_prompt"]) == ("masterpiece, a bunny", "blurry")
    assert "segments" not in stylize


@pytest.mark.parametrize(
    ("changed", "seed", "told"),
    [
        ({"seed": -1}, None, {"seed"}),
        ({"seed_behavior": "iter"}, 42, {"seed_behavior"}),
        ({"seed_behavior": "schedule", "seed_schedule": "0:(s), 9:(5)"}, "0: (s), 9: (5)", set()),
    ],
)
def test_seeds(tmp_path: Path, changed: dict[str, Any], seed: Any, told: set[str]) -> None:
    """A drawn seed and one per frame are told; a schedule is kept."""
    found = imported(tmp_path, **changed)
    assert found.stylize.get("seed") == seed
    assert told <= set(found.left_out)


def test_other_remarks(tmp_path: Path) -> None:
    """Sides that cannot be painted at and formulas in prompts are told; scheduled steps are taken."""
    found = imported(
        tmp_path,
        W=500,
        prompts={"0": "a (cat:`0.5*sin(t)`)"},
        enable_steps_scheduling=True,
        steps_schedule="0: (9)",
    )
    assert {"W, H", "prompts"} <= set(found.left_out)
    assert found.stylize["steps"] == 9


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not JSON", "cannot be read as JSON"),
        ("[1]", "JSON object"),
        ('{"W": 512}', "'prompts'"),
        ('{"prompts": {"0": "a"}, "strength_schedule": "0: (0.65"}', "strength_schedule: character 4"),
        ('{"prompts": {"then": "a"}}', "no variable 'then'"),
        ('{"prompts": 3}', "int"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    """With what is wrong, and where."""
    file = tmp_path / "settings.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PresetError, match=r"settings\.txt") as caught:
        read(file)
    assert said in str(caught.value)


def test_what_the_command_prints_is_what_a_project_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a text or as JSON, told by its content; segments and schedules keep their values."""
    for name in ("20260101_settings.txt", "mine.json"):
        file = tmp_path / name
        file.write_text(json.dumps(SAVED | {"prompts": {"0": "a bunny", "60": "a durian"}}), encoding="utf-8")
        assert main(["import", str(file)]) == 0
        printed = capsys.readouterr().out
        settings = StylizeSettings.model_validate(yaml.safe_load(printed)["stylize"])
        assert "# left out: zoom: " in printed
        clip = Timeline.even(121, 15)
        assert [segment.from_.position(clip) for segment in settings.segments] == [0, 60]
        assert settings.segments[1].prompt == "masterpiece, a durian"
        assert settings.strength is not None
        assert settings.strength.values(clip)[0] == pytest.approx(0.35)
        assert settings.strength.values(clip)[40] == pytest.approx(1 - (0.6 + 0.1 * math.sin(40)))
        assert (settings.steps and settings.steps.value, settings.seed.value, settings.size) == (
            25, 42, (512, 768)
        )  # fmt: skip


def test_other_files_of_the_same_kind_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preset of the GUI is JSON, too, and any other text is refused."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gui.json").write_text('{"learning_rate": 0.0001, "sample_prompts": "a"}')
    assert main(["import", "gui.json"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["training"]["trainer"] == "sd-scripts"
    (tmp_path / "notes.txt").write_text("prompts: none")
    assert main(["import", "notes.txt"]) == PresetError.exit_code
    assert "cannot be read as JSON" in capsys.readouterr().err
