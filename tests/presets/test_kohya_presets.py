from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator import presets
from orchestrator.embedded.trainer import config as embedded
from orchestrator.training import configs

NAMES = presets.names("kohya_configs")
RECORDED = json.loads(Path(__file__).with_name("sd_scripts_arguments.json").read_text(encoding="utf-8"))
KINDS = {"int": int, "str": str, "bool": bool, "float": (int, float), "int_or_float": (int, float)}
OURS_ALONE = {
    "objective",
    "pair_variants",
    "pair_probability",
    "latent_window",
    "latent_window_rate",
    "network_without",
}


def recorded(name: str) -> dict[str, Any]:
    """What the script that a preset is for accepts, as recorded from sd-scripts v0.10.1."""
    family = name.partition("-")[0]
    return RECORDED[f"{family}_train_network" if family in {"sdxl", "flux"} else "train_network"]


def test_presets_are_there() -> None:
    """The styles that the documentation speaks of."""
    assert set(NAMES) >= {"pocket-style", "sd15-style", "sdxl-style"}


@pytest.mark.parametrize("name", NAMES)
def test_sd_scripts_knows_every_argument(name: str) -> None:
    """Key by key: known to the recorded version, of its type, among its choices."""
    known = recorded(name)
    for key, value in configs.preset(name).items():
        if name.startswith("pocket") and key in OURS_ALONE:
            continue
        assert key in known, key
        values = value if known[key].get("list") else [value]
        assert all(isinstance(each, KINDS[known[key]["type"]]) for each in values), key
        assert all(each in known[key].get("choices", [each]) for each in values), key
        assert not (isinstance(value, bool) and known[key]["type"] != "bool"), key


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("flux")])
def test_the_embedded_trainer_accepts_every_preset(name: str) -> None:
    """Each preset for a model that it knows can be tried without sd-scripts."""
    run = {"pretrained_model_name_or_path": "pocket", "output_dir": "x", "output_name": "x", "seed": 0}
    assert embedded.faults(configs.preset(name) | run) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_preset_sets_what_a_run_sets(name: str) -> None:
    """Base model, places and seed come from the project."""
    assert not configs.preset(name).keys() & configs.OURS.keys()


@pytest.mark.parametrize("name", NAMES)
def test_every_line_says_why(name: str) -> None:
    """Each argument carries a comment, and the file says what it is for."""
    lines = presets.read("kohya_configs", name).splitlines()
    assert lines[0].startswith("# ")
    bare = [line for line in lines if "=" in line and not line.startswith("#") and "#" not in line]
    assert bare == []
