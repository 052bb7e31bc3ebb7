"""A LoRA gets into a WebUI under a name of its own, whole, and seen."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import EffectMissing, NotWritable, WebUIRefused
from orchestrator.safetensors_file import content_hash
from orchestrator.webui import loras
from orchestrator.webui.card import LoraCard, Mark, read, sd_version
from orchestrator.webui.client import Client
from orchestrator.webui.folder import HereFolder
from orchestrator.webui.loras import InstalledLora, install
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from staged_server import Staged

CARD = LoraCard(activation_text="bnnyfilm", preferred_weight=0.8)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for a shared folder to show what is new."""
    monkeypatch.setattr(loras, "_LOOKS", (0.0, 0.01))


def lora(folder: Path, value: float = 1.0) -> LoraWeights:
    folder.mkdir(exist_ok=True)
    file = folder / f"trained{value}.safetensors"
    weights = {"lora_unet_x.lora_up.weight": np.full((2, 2), value, np.float32)}
    save_file(weights, file, metadata={"ss_base_model_version": "sd_v1"})
    return LoraWeights(file, content_hash(file))


def place(weights: LoraWeights, folder: Path, *, card: LoraCard = CARD) -> InstalledLora:
    return loras.place(weights, HereFolder(folder), name="a", card=card)


def listing(staged: Staged, folder: Path, **metadata: str) -> None:
    """Answer as a WebUI that looks into a folder, but only when it is told to refresh."""
    seen: list[dict[str, object]] = []

    def refresh(handler: object) -> None:
        seen[:] = [{"name": path.stem, "metadata": metadata} for path in folder.glob("*.safetensors")]
        handler.send_value(None)

    staged.answers["loras"] = lambda handler: handler.send_value(seen)
    staged.answers["refresh-loras"] = refresh


def test_installing_is_seen_and_doing_it_again_changes_nothing(staged: Staged, tmp_path: Path) -> None:
    """The file lies whole under a name with its hash, is listed, and is not written a second time."""
    weights, folder = lora(tmp_path / "made"), tmp_path / "webui" / "Lora"
    listing(staged, folder, sshs_model_hash=weights.content_hash)
    with Client(staged.url, WebUISettings(url=staged.url)) as client:
        first = install(weights, folder, client, name="bunny: film, 1", card=CARD)
        stamps = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
        assert install(weights, folder, client, name="bunny: film, 1", card=CARD) == first
    assert first.name == f"bunny_film_1-{weights.content_hash[:12]}"
    assert Path(first.place).read_bytes() == weights.file.read_bytes()
    assert stamps == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(stamps) == {f"{first.name}.safetensors", f"{first.name}.json"}


def test_each_version_has_its_own_name(tmp_path: Path) -> None:
    """Other weights never come under the name of earlier ones."""
    placed = {place(lora(tmp_path, value), tmp_path / "Lora").name for value in (1.0, 2.0)}
    assert len(placed) == 2


def test_the_card_is_what_a_webui_reads_and_an_edited_one_stays(tmp_path: Path) -> None:
    """The keys are the WebUI's own, and what a user wrote into the card is not overwritten."""
    weights = lora(tmp_path)
    sidecar = Path(place(weights, tmp_path / "Lora").place).with_suffix(".json")
    told = json.loads(sidecar.read_text())
    assert told["activation text"] == "bnnyfilm"
    assert told["preferred weight"] == 0.8
    assert told["sd version"] == "SD1"
    sidecar.write_text('{"notes": "mine"}')
    place(weights, tmp_path / "Lora")
    assert sidecar.read_text() == '{"notes": "mine"}'


def test_a_better_weight_is_written_into_the_card_and_nothing_else(tmp_path: Path) -> None:
    """A card of ours stays ours; one that a user has changed keeps the change, and stays the user's."""
    installed = place(lora(tmp_path), tmp_path / "Lora")
    file = Path(installed.place).with_suffix(".json")
    before = json.loads(file.read_bytes())

    loras.prefer(installed, HereFolder(tmp_path / "Lora"), 1.2)

    ours = json.loads(file.read_bytes())
    assert {**before, "preferred weight": 1.2, "orchestrate": ours["orchestrate"]} == ours
    mark = {name: value for name, value in before["orchestrate"].items() if name != "digest"}
    assert read(file.read_bytes()) == Mark(**mark)

    file.write_text(json.dumps({**ours, "notes": "my favourite"}))
    loras.prefer(installed, HereFolder(tmp_path / "Lora"), 0.6)
    theirs = json.loads(file.read_bytes())
    assert (theirs["notes"], theirs["preferred weight"]) == ("my favourite", 0.6)
    assert read(file.read_bytes()) is None


def test_a_preview_lies_beside_it_small_and_as_png(tmp_path: Path) -> None:
    """Any picture becomes what a WebUI shows beside the LoRA, under the name that it looks for."""
    picture = tmp_path / "style.jpg"
    Image.new("RGB", (1600, 900), "teal").save(picture)
    placed = Path(place(lora(tmp_path), tmp_path / "Lora", card=LoraCard(preview=picture)).place)
    with Image.open(placed.with_name(f"{placed.stem}.preview.png")) as preview:
        assert (preview.format, preview.size) == ("PNG", (512, 288))


@pytest.mark.parametrize(
    ("base", "shown"),
    [("sd_v1", "SD1"), ("sd_v2_v", "SD2"), ("sdxl_base_v1-0", "SDXL"), ("flux1", "Flux"), ("", "Unknown")],
)
def test_the_kind_of_model_is_the_loras_own_word(base: str, shown: str) -> None:
    """What the trainer wrote into the LoRA becomes what the WebUI calls that kind."""
    assert sd_version({"ss_base_model_version": base}) == shown


def test_a_damaged_copy_is_replaced(tmp_path: Path) -> None:
    """A file of our name with other weights in it is mended, not believed."""
    weights = lora(tmp_path / "made")
    placed = Path(place(weights, tmp_path / "Lora").place)
    placed.write_bytes(lora(tmp_path / "made", 3.0).file.read_bytes())
    place(weights, tmp_path / "Lora")
    assert content_hash(placed) == weights.content_hash


def test_nothing_half_copied_looks_like_a_lora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is copied the folder holds no further .safetensors, and after a fault nothing of it."""
    seen: list[str] = []

    def failing(_: Path, to: Path) -> None:
        to.write_bytes(b"half")
        seen.extend(each.name for each in to.parent.iterdir())
        raise PermissionError(errno.EACCES, "no")

    weights = lora(tmp_path / "made")
    monkeypatch.setattr(shutil, "copyfile", failing)
    with pytest.raises(NotWritable):
        place(weights, tmp_path / "Lora")
    assert len(seen) == 1
    assert not seen[0].endswith(".safetensors")
    assert list((tmp_path / "Lora").iterdir()) == []


def test_a_shared_folder_that_shows_it_late_is_waited_for(staged: Staged, tmp_path: Path) -> None:
    """A network share may show a new file to the WebUI a little after us."""
    weights = lora(tmp_path)
    lists = iter([[], [{"name": f"a-{weights.content_hash[:12]}"}]])
    staged.answers["loras"] = lambda handler: handler.send_value(next(lists))
    staged.answers["refresh-loras"] = lambda handler: handler.send_value(None)
    with Client(staged.url, WebUISettings(url=staged.url)) as client:
        install(weights, tmp_path / "Lora", client, name="a")
    assert staged.asked.count(("POST", "refresh-loras")) == 2


def test_a_name_that_is_listed_twice_is_told(staged: Staged, tmp_path: Path) -> None:
    """Two files of one name mean that nobody knows which acts."""
    weights = lora(tmp_path)
    twice = [{"name": f"a-{weights.content_hash[:12]}"}] * 2
    staged.answers["loras"] = lambda handler: handler.send_value(twice)
    staged.answers["refresh-loras"] = lambda handler: handler.send_value(None)
    with (
        Client(staged.url, WebUISettings(url=staged.url)) as client,
        pytest.raises(EffectMissing, match="2 times"),
    ):
        install(weights, tmp_path / "Lora", client, name="a")


def test_a_webui_that_looks_elsewhere_is_told(staged: Staged, tmp_path: Path) -> None:
    """A LoRA that the WebUI does not list is an error before anything is painted without it."""
    listing(staged, tmp_path / "elsewhere")
    with (
        Client(staged.url, WebUISettings(url=staged.url)) as client,
        pytest.raises(WebUIRefused, match="lora_dir"),
    ):
        install(lora(tmp_path), tmp_path / "Lora", client, name="a", card=CARD)


def test_another_file_of_that_name_is_told(staged: Staged, tmp_path: Path) -> None:
    """A list that shows another hash under our name means that another file would act."""
    listing(staged, tmp_path / "Lora", sshs_model_hash="f" * 64)
    with (
        Client(staged.url, WebUISettings(url=staged.url)) as client,
        pytest.raises(EffectMissing, match="got ffffffffffff"),
    ):
        install(lora(tmp_path), tmp_path / "Lora", client, name="a", card=CARD)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    """A LoRA folder that cannot be written ends in an error that names it."""
    (tmp_path / "Lora").write_text("no folder")
    with pytest.raises(NotWritable, match="Lora"):
        place(lora(tmp_path), tmp_path / "Lora")
