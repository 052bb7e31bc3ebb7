"""`orchestrate export`, as a user calls it."""

from __future__ import annotations

from pathlib import Path

from small_project import orchestrate

from orchestrator.errors import NotWritable


def test_exporting_makes_the_pictures_and_trains_nothing(project: Path) -> None:
    """One command from a project file; again into the same folder is refused."""
    answer = orchestrate("export", "project.yaml", "--to", "mine", cwd=project)
    assert answer.code == 0, answer.err
    assert "made: dataset, export" in answer.out
    assert (project / "mine" / "config.toml").is_file()
    stages = [path.name.partition("-")[0] for path in (project / ".orchestrate" / "stages").iterdir()]
    assert stages == ["dataset"]
    assert orchestrate("export", "project.yaml", "--to", "mine", cwd=project).code == NotWritable.exit_code
