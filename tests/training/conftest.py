"""A checkout to train with that behaves as sd-scripts does, and training sets for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from training_room import Room

STAND_IN = Path(__file__).with_name("stand_in")
ARGUMENTS = Path(__file__).parents[1] / "presets" / "sd_scripts_arguments.json"
SCRIPTS = ("train_network.py", "sdxl_train_network.py", "flux_train_network.py", "sd3_train_network.py")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what the stand-in's parsers told is remembered from test to test."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def room(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """A stand-in checkout, an SD 1.x checkpoint in name, and six captioned pictures."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    checkout = tmp_path / "sd-scripts"
    shutil.copytree(STAND_IN, checkout)
    for script in SCRIPTS[1:]:
        shutil.copy(checkout / SCRIPTS[0], checkout / script)
    shutil.copy(ARGUMENTS, checkout / "arguments.json")
    made = Room(tmp_path, checkout)
    made.machine()
    made.model("cond_stage_model.transformer.text_model.embeddings.position_ids")
    made.pictures(6)
    return made
