"""`orchestrate preview`, before anything else was made."""

from __future__ import annotations

import json
from pathlib import Path

from small_project import orchestrate

from orchestrator.media import pictures

WISHES = ("preview", "--at", "0.12s,6", "--strength", "0.3,0.6", "--steps", "4", "--json")


def test_frames_are_shown_in_several_settings_before_hours_are_spent(project: Path) -> None:
    """One sheet, a row for each frame and strength, without the LoRA, which is said; again it is free."""
    answer = orchestrate(*WISHES, cwd=project)
    assert answer.code == 0, answer.err
    lines = [json.loads(line) for line in answer.out.splitlines()]
    told = lines[-1]
    assert (told["painted"], told["frames"]) == (4, [3, 6])
    assert any("not trained yet" in line.get("text", "") for line in lines)
    sheet = project / "out" / "preview.png"
    assert told["sheet"] == str(sheet)
    assert pictures.read(sheet).shape == (8 + 4 * (48 + 28) + 20, 8 + 2 * (64 + 8), 3)
    first = sheet.read_bytes()
    again = orchestrate(*WISHES, cwd=project)
    assert json.loads(again.out.splitlines()[-1])["painted"] == 0
    assert again.seconds < 4
    assert sheet.read_bytes() == first
    stages = {path.name.partition("-")[0] for path in project.glob(".orchestrate/stages/*")}
    assert stages == set()


def test_a_time_beyond_the_clip_is_told(project: Path) -> None:
    """With how long the clip is, and nothing is painted."""
    answer = orchestrate("preview", "--at", "3.2s", cwd=project)
    assert answer.code != 0
    assert "there is no frame at 3.2s: the clip has 10, from 0 to 9" in answer.err
    assert not (project / "out").exists()
