"""A LoRA gets into a WebUI under a name of its own, whole, and seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import EffectMissing, NotWritable, WebUIRefused
from orchestrator.safetensors_file import content_hash
from orchestrator.webui.client import Client
from orchestrator.webui.loras import LoraCard, install, place
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from pathlib import Path

    from staged_server import Staged

CARD = LoraCard(activation_text="bnnyfilm", preferred_weight=0.8, sd_version="SD1")


def lora(folder: Path, value: float = 1.0) -> LoraWeights:
    folder.mkdir(exist_ok=True)
    file = folder / f"trained{value}.safetensors"
    save_file({"lora_unet_x.lora_up.weight": np.full((2, 2), value, np.float32)}, file)
    return LoraWeights(file, content_hash(file))


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
    assert first.file.read_bytes() == weights.file.read_bytes()
    assert stamps == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(stamps) == {f"{first.name}.safetensors", f"{first.name}.json"}


def test_each_version_has_its_own_name(tmp_path: Path) -> None:
    """Other weights never come under the name of earlier ones."""
    placed = {
        place(lora(tmp_path, value), tmp_path / "Lora", name="a", card=CARD).name for value in (1.0, 2.0)
    }
    assert len(placed) == 2


def test_the_card_is_what_a_webui_reads_and_an_edited_one_stays(tmp_path: Path) -> None:
    """The keys are the WebUI's own, and what a user wrote into the card is not overwritten."""
    weights = lora(tmp_path)
    sidecar = place(weights, tmp_path / "Lora", name="a", card=CARD).file.with_suffix(".json")
    told = json.loads(sidecar.read_text())
    assert told["activation text"] == "bnnyfilm"
    assert told["preferred weight"] == 0.8
    assert told["sd version"] == "SD1"
    sidecar.write_text('{"notes": "mine"}')
    place(weights, tmp_path / "Lora", name="a", card=CARD)
    assert sidecar.read_text() == '{"notes": "mine"}'


def test_a_damaged_copy_is_replaced(tmp_path: Path) -> None:
    """A file of our name with other weights in it is mended, not believed."""
    weights = lora(tmp_path / "made")
    placed = place(weights, tmp_path / "Lora", name="a", card=CARD)
    placed.file.write_bytes(lora(tmp_path / "made", 3.0).file.read_bytes())
    place(weights, tmp_path / "Lora", name="a", card=CARD)
    assert content_hash(placed.file) == weights.content_hash


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
        place(lora(tmp_path), tmp_path / "Lora", name="a", card=CARD)
