"""What the command line promises, whatever it is asked to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_project import orchestrate

from orchestrator.cli import show
from orchestrator.cli.show import shown

COMMAND = (sys.executable, "-m", "orchestrator.cli.main")


@pytest.mark.parametrize("command", ["explain", "doctor"])
def test_json_is_one_result_object_a_line(command: str, project: Path) -> None:
    """Also where the result is a list."""
    (line,) = orchestrate(command, "project.yaml", "--json", cwd=project).out.splitlines()
    assert json.loads(line)["event"] == "result"


def test_a_mistake_is_one_json_object_too(tmp_path: Path) -> None:
    """With its exit code, and nothing on stderr."""
    answer = orchestrate("run", "nothing.yaml", "--json", cwd=tmp_path)
    told = json.loads(answer.out)
    assert (told["event"], told["exit_code"], answer.code, answer.err) == ("error", 10, 10, "")


def test_a_reader_that_leaves_is_not_taken_for_success(project: Path) -> None:
    """The output's reader is gone before the end: exit code 141, as a shell tells SIGPIPE, and no fuss."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        (*COMMAND, "schema"), cwd=project, stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize(
    ("words", "code"), [(("schema",), 1), (("gate", "none.yaml", "--candidate", "x", "--json"), 11)]
)
def test_an_output_that_takes_nothing_is_no_verdict(
    words: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    """On a full disk a line tells why, and the code is that of a failure: 1 is a verdict of `gate`."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            (*COMMAND, *words), cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == code
    line = done.stderr.splitlines()[-1]
    assert line.startswith("orchestrate: what there is to say cannot be written")


def test_an_output_without_unicode_is_no_obstacle(tmp_path: Path) -> None:
    """A sign that it cannot show is replaced."""
    done = subprocess.run(
        (*COMMAND, "init", "café.yaml"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"caf\\xe9.yaml" in done.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("report", "--help")])
def test_help_tells_what_there_is(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Exit code 0, on stdout."""
    answer = orchestrate(*arguments, cwd=tmp_path)
    assert answer.code == 0
    assert "usage: orchestrate" in answer.out


@pytest.mark.parametrize("arguments", [(), ("rum",), ("run", "--fast"), ("schema", "project.yaml")])
def test_a_wrong_command_line_is_exit_code_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """What is not known is refused, never ignored."""
    assert orchestrate(*arguments, cwd=tmp_path).code == 2


def test_lines_tell_the_start_and_the_end_of_a_task(capsys: pytest.CaptureFixture[str]) -> None:
    """A long start shows what it is that takes so long."""
    with shown(as_json=True) as progress, progress.task("painting", total=3, unit="frames") as task:
        assert json.loads(capsys.readouterr().out)["done"] == 0
        task.advance(3)
    assert json.loads(capsys.readouterr().out)["done"] == 3


def test_work_of_an_earlier_run_does_not_shorten_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resumed task tells the time that the rest takes, by what this run has done."""
    now = [0.0]
    monkeypatch.setattr(show, "monotonic", lambda: now[0])
    with shown(as_json=True) as progress, progress.task("painting", total=100) as task:
        task.reach(90)
        for _ in range(2):
            now[0] += 10
            task.advance()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["seconds_left"] == 80
