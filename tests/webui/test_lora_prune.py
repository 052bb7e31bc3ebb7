"""Old versions of a LoRA go; what is not ours stays."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.safetensors_file import content_hash
from orchestrator.webui import loras
from orchestrator.webui.card import LoraCard
from orchestrator.webui.folder import HereFolder
from orchestrator.webui.prune import Pruned, prune, withdraw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "Lora"


@pytest.fixture
def names(tmp_path: Path, folder: Path) -> list[str]:
    """Four versions of `bunny` with previews, oldest first, one of `bunny-2`, and a file of somebody else."""
    folder.mkdir()
    installed = [put(tmp_path, folder, "bunny", value) for value in range(4)]
    put(tmp_path, folder, "bunny-2", 9)
    (folder / "bunny.safetensors").write_bytes(b"somebody's own")
    return installed


def put(tmp_path: Path, folder: Path, name: str, value: float) -> str:
    file = tmp_path / "made.safetensors"
    save_file({"lora_unet_x.lora_up.weight": np.full((2, 2), value, np.float32)}, file)
    picture = tmp_path / "style.png"
    Image.new("RGB", (8, 8), (int(value), 0, 0)).save(picture)
    weights = LoraWeights(file, content_hash(file))
    return loras.place(weights, HereFolder(folder), name=name, card=LoraCard(preview=picture)).name


def pruned(folder: Path, **options: object) -> Pruned:
    return prune(HereFolder(folder), name="bunny", **{"keep": 1, **options})


def listing(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_the_newest_stay_with_all_that_belongs_to_them(folder: Path, names: list[str]) -> None:
    """Each removed version goes with its card and its preview, and nothing else goes."""
    before = listing(folder)
    done = pruned(folder, keep=2)
    assert done == Pruned(tuple(names[:2]), (names[3], names[2]), ())
    gone = {f"{name}{end}" for name in names[:2] for end in (".safetensors", ".json", ".preview.png")}
    assert before - listing(folder) == gone


def test_a_dry_run_tells_the_same_and_removes_nothing(folder: Path, names: list[str]) -> None:
    """What would be done is said, and the folder stays as it was."""
    before = listing(folder)
    told = pruned(folder, dry_run=True)
    assert listing(folder) == before
    assert pruned(folder) == told
    assert told.removed == tuple(names[:3])


def test_the_version_in_use_stays_however_old(folder: Path, names: list[str]) -> None:
    """Going back to an old setting makes an old version the current one."""
    oldest = content_hash(folder / f"{names[0]}.safetensors")
    assert pruned(folder, current=oldest).removed == tuple(names[1:3])
    assert f"{names[0]}.safetensors" in listing(folder)


def replace_weights(folder: Path, name: str) -> None:
    save_file({"x": np.zeros(3, np.float32)}, folder / f"{name}.safetensors")


def write_rubbish(folder: Path, name: str) -> None:
    (folder / f"{name}.safetensors").write_bytes(b"no weights at all")


def take_notes(folder: Path, name: str) -> None:
    card = folder / f"{name}.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "notes": "my favourite"}))


def lose_card(folder: Path, name: str) -> None:
    (folder / f"{name}.json").unlink()


def take_anothers_card(folder: Path, name: str) -> None:
    other = next(each for each in sorted(folder.glob("bunny-2-*.json")))
    (folder / f"{name}.json").write_bytes(other.read_bytes())


def write_any_card(folder: Path, name: str) -> None:
    (folder / f"{name}.json").write_text('["no card"]')


@pytest.mark.parametrize(
    "change",
    [replace_weights, write_rubbish, take_notes, lose_card, take_anothers_card, write_any_card],
)
def test_what_somebody_changed_is_not_ours_any_more(folder: Path, names: list[str], change: object) -> None:
    """Other weights, notes in the card, or no card of ours: the version stays and is told."""
    change(folder, names[0])
    left = {each: (folder / each).read_bytes() for each in listing(folder) if each.startswith(names[0])}
    done = pruned(folder)
    assert names[0] in done.foreign
    assert set(done.removed) == set(names[1:3])
    assert {each: (folder / each).read_bytes() for each in left} == left


def test_a_preview_of_the_users_own_stays(folder: Path, names: list[str]) -> None:
    """A picture that replaced ours outlives its version."""
    own = folder / f"{names[0]}.preview.png"
    own.write_bytes(b"a better one")
    assert names[0] in pruned(folder).removed
    assert own.read_bytes() == b"a better one"


def test_an_empty_or_missing_folder_is_no_fault(tmp_path: Path) -> None:
    """There is nothing to remove before the first LoRA was installed."""
    assert pruned(tmp_path / "none") == Pruned((), (), ())


def test_one_version_is_withdrawn_and_no_other(folder: Path, names: list[str]) -> None:
    """It goes with its card and preview; one that is not there is no fault."""
    before = listing(folder)
    digits = json.loads((folder / f"{names[1]}.json").read_bytes())["orchestrate"]["content_hash"]
    assert withdraw(HereFolder(folder), name="bunny", content_hash=digits)
    assert before - listing(folder) == {
        f"{names[1]}{end}" for end in (".safetensors", ".json", ".preview.png")
    }
    assert not withdraw(HereFolder(folder), name="bunny", content_hash=digits)


def test_a_version_with_notes_of_the_user_is_not_withdrawn(folder: Path, names: list[str]) -> None:
    """It is not ours any more."""
    digits = json.loads((folder / f"{names[0]}.json").read_bytes())["orchestrate"]["content_hash"]
    take_notes(folder, names[0])
    before = listing(folder)
    assert not withdraw(HereFolder(folder), name="bunny", content_hash=digits)
    assert listing(folder) == before
