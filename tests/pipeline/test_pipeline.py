"""Stages, their keys, and what runs when."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.errors import DamagedArtifact, FolderBusy
from orchestrator.pipeline.execute import artifacts, execute
from orchestrator.pipeline.explain import explain
from orchestrator.pipeline.lease import lease
from orchestrator.pipeline.order import ordered
from orchestrator.pipeline.remembered import Digests
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.pipeline.store import Store
from orchestrator.progress import Progress, Silent


def text_stage(
    name: str, value: str, *inputs: Stage[str], version: int = 1, resumes: bool = False, fail: bool = False
) -> Stage[str]:
    """A stage that writes its inputs' texts and its own; it appends, so that a second build shows."""

    def build(folder: Path, made: Made, progress: Progress) -> None:
        with (folder / "text").open("a") as out:
            out.write("".join(made(each) for each in inputs) + value)
        if fail:
            message = "cut short"
            raise RuntimeError(message)

    def load(folder: Path) -> str:
        return (folder / "text").read_text()

    return Stage(name, version, {"value": value}, inputs, build, load, resumes)


def diamond(root: str = "a", left: str = "b") -> Stage[str]:
    base = text_stage("root", root)
    return text_stage("end", "d", text_stage("left", left, base), text_stage("right", "c", base))


def actions(stage: Stage[str], store: Store) -> dict[str, str]:
    return {plan.stage: plan.action for plan in explain([stage], store)}


def test_each_stage_is_made_once_after_its_inputs(tmp_path: Path) -> None:
    """A shared input is made one time; a second run makes nothing."""
    store = Store(tmp_path)
    made = execute([diamond()], store, Silent())
    assert [stage.name for stage in made] == ["root", "left", "right", "end"]
    assert artifacts(store)(diamond()) == "abacd"
    assert execute([diamond()], store, Silent()) == []


def test_a_changed_setting_makes_only_what_lies_downstream(tmp_path: Path) -> None:
    """Explain says so beforehand, and going back to the old setting makes nothing."""
    store = Store(tmp_path)
    execute([diamond()], store, Silent())
    changed = diamond(left="B")
    assert actions(changed, store) == {"root": "keep", "left": "make", "right": "keep", "end": "make"}
    reasons = {plan.stage: plan.reason for plan in explain([changed], store)}
    assert reasons["left"] == "value: b → B"
    assert reasons["end"] == "left changed"
    assert [stage.name for stage in execute([changed], store, Silent())] == ["left", "end"]
    assert execute([diamond()], store, Silent()) == []


def test_a_reason_is_drawn_from_the_stages_own_past(tmp_path: Path) -> None:
    """And not from that of a later one whose name begins alike, as a further style's training does."""
    store = Store(tmp_path)
    execute([text_stage("train", "a")], store, Silent())
    execute([text_stage("train-dusk", "b")], store, Silent())
    (plan,) = explain([text_stage("train", "c")], store)
    assert plan.reason == "value: a → c"
    (new,) = explain([text_stage("train-dawn", "c")], store)
    assert new.reason == "never made"


def test_what_nothing_needs_is_not_made_again(tmp_path: Path) -> None:
    """A finished end does without its inputs' folders."""
    store = Store(tmp_path)
    execute([diamond()], store, Silent())
    for folder in (tmp_path / "stages").glob("root-*"):
        (folder / "stage.json").unlink()
    assert actions(diamond(), store) == {"root": "skip", "left": "keep", "right": "keep", "end": "keep"}
    assert execute([diamond()], store, Silent()) == []


@pytest.mark.parametrize(("resumes", "text"), [(True, "xx"), (False, "x")])
def test_half_made_work_is_resumed_or_begun_anew(tmp_path: Path, resumes: bool, text: str) -> None:
    """Only a stage that says it resumes sees what a cut-short build left."""
    store = Store(tmp_path)
    with pytest.raises(RuntimeError):
        execute([text_stage("s", "x", resumes=resumes, fail=True)], store, Silent())
    whole = text_stage("s", "x", resumes=resumes)
    assert not store.finished(whole)
    assert actions(whole, store) == {"s": "resume" if resumes else "make"}
    execute([whole], store, Silent())
    assert artifacts(store)(whole) == text


def test_keys_follow_content_version_and_inputs_alone() -> None:
    """Order of settings does not matter; everything else does."""
    one = text_stage("s", "x")
    assert one.key == text_stage("s", "x").key
    others = [text_stage("t", "x"), text_stage("s", "y"), text_stage("s", "x", version=2)]
    others.append(text_stage("s", "x", text_stage("u", "z")))
    assert len({stage.key for stage in [one, *others]}) == 5


def test_order_puts_inputs_first() -> None:
    """Every stage comes after all of its inputs."""
    names = [stage.name for stage in ordered([diamond()])]
    assert names[0] == "root"
    assert names[-1] == "end"
    assert sorted(names) == ["end", "left", "right", "root"]


def test_a_damaged_record_is_told_with_its_place(tmp_path: Path) -> None:
    """The remedy names the folder to delete."""
    store = Store(tmp_path)
    execute([text_stage("s", "x")], store, Silent())
    record = next(tmp_path.glob("stages/s-*/stage.json"))
    record.write_text("{")
    with pytest.raises(DamagedArtifact, match=record.parent.name):
        explain([text_stage("s", "y")], store)


def test_an_artifact_that_was_taken_away_is_told_with_its_place(tmp_path: Path) -> None:
    """A finished stage whose files are gone is no defect of ours: the remedy names the folder to delete."""
    store = Store(tmp_path)
    execute([text_stage("s", "x")], store, Silent())
    text = next(tmp_path.glob("stages/s-*/text"))
    text.unlink()
    with pytest.raises(DamagedArtifact, match=text.parent.name):
        artifacts(store)(text_stage("s", "x"))


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    """The second is told who holds it; when the first is killed, the folder is free."""
    code = (
        "import sys, time; from pathlib import Path; from orchestrator.pipeline.lease import lease\n"
        "with lease(Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    with other.stdout as stdout:
        assert stdout.readline() == b"held\n"
    with pytest.raises(FolderBusy, match=str(other.pid)), lease(tmp_path):
        pass
    other.kill()
    other.wait()
    with lease(tmp_path):
        assert (tmp_path / "lock.pid").read_text().isdigit()


def test_digests_are_remembered_until_a_file_changes(tmp_path: Path) -> None:
    """A changed file gets a new digest; an unchanged one is not read again."""
    file, memory = tmp_path / "f", tmp_path / "digests.json"
    file.write_text("one")
    digests = Digests(memory)
    first = digests.of_file(file)
    assert not memory.exists()
    digests.keep()
    known = json.loads(memory.read_text())
    memory.write_text(json.dumps(dict.fromkeys(known, "remembered")))
    assert Digests(memory).of_file(file) == "remembered"
    file.write_text("three")
    assert Digests(memory).of_file(file) not in {first, "remembered"}
    memory.write_text("not json")
    assert Digests(memory).of_path(file) != Digests(memory).of_path(tmp_path)
