"""Presets as they come out, and their tiers of GPU memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator import presets
from orchestrator.errors import PresetError
from orchestrator.training import configs
from orchestrator.training.family import FAMILIES, Family
from orchestrator.training.sd_scripts.argument_check import faults
from orchestrator.training.sd_scripts.argument_list import Argument
from orchestrator.training.sd_scripts.contradictions import contradictions
from orchestrator.training.settings import TrainingSettings

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "sd_scripts_arguments.json").read_text(encoding="utf-8"))
FAMILY = {"sd15": "SD 1.x", "sdxl": "SDXL", "flux": "FLUX"}
NAMES = [name for name in presets.names("kohya_configs") if not name.startswith("pocket")]
TIERS = presets.names("kohya_configs/vram")
PAIRS = [(name, tier) for name in NAMES for tier in TIERS if name.split("-")[0] == tier.split("-")[0]]


def family(name: str) -> Family:
    return next(each for each in FAMILIES if each.name == FAMILY[name.split("-", maxsplit=1)[0]])


def known(script: str) -> dict[str, Argument]:
    return {
        name: Argument(
            None if told["type"] == "bool" else told["type"],
            bool(told.get("list")),
            told["type"] == "bool",
            tuple(told["choices"]) if "choices" in told else None,
        )
        for name, told in RECORDED[script.removesuffix(".py")].items()
    }


def arguments(name: str, vram: int | None = None, **overrides: Any) -> configs.Config:
    document = {
        "trainer": "sd-scripts", "sd_scripts": {"path": "x"}, "base_model": "x.safetensors",
        "preset": name, "vram": vram, "overrides": overrides,
    }  # fmt: skip
    return configs.arguments(TrainingSettings.model_validate(document))


def test_there_are_tiers_for_each_family() -> None:
    """Five each for SD 1.x and SDXL; FLUX begins at 8 GB."""
    sizes = {kind: [int(tier.split("-")[1]) for tier in TIERS if tier.startswith(kind)] for kind in FAMILY}
    assert {kind: sorted(each) for kind, each in sizes.items()} == {
        "sd15": [6, 8, 12, 16, 24],
        "sdxl": [6, 8, 12, 16, 24],
        "flux": [8, 12, 16, 24],
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_can_be_trained(name: str) -> None:
    """Known arguments of right types, and none that contradicts another."""
    told = arguments(name)
    assert faults(told, known(family(name).script)) == []
    assert contradictions(told, family(name)) == []


@pytest.mark.parametrize(("name", "tier"), PAIRS)
def test_every_tier_of_every_preset_can_be_trained(name: str, tier: str) -> None:
    """A tier changes the preset, and an override still has the last word."""
    vram = int(tier.split("-")[1])
    told = arguments(name, vram, train_batch_size=3)
    assert faults(told, known(family(name).script)) == []
    assert contradictions(told, family(name)) == []
    assert told["train_batch_size"] == 3
    assert told | configs.tier(name, vram) == arguments(name, vram)


@pytest.mark.parametrize("tier", TIERS)
def test_every_line_of_a_tier_says_why(tier: str) -> None:
    """Each argument carries a comment, and the file says what it is for."""
    first, *lines = presets.read("kohya_configs/vram", tier).splitlines()
    assert first.startswith("# ")
    assert all("  # " in line or line.count("# ") == 1 for line in lines)


def test_a_tier_that_is_not_there_is_refused_with_those_that_are() -> None:
    """FLUX does not fit into 6 GB."""
    with pytest.raises(PresetError, match="no preset 'flux-6'") as caught:
        arguments("flux-style", 6)
    assert "flux-8" in caught.value.remedy


@pytest.mark.parametrize("name", NAMES)
def test_the_toml_of_a_preset_is_as_recorded(name: str, tmp_path: Path) -> None:
    """What reaches the trainer changes only on purpose; the actual text is left beside the expected one."""
    text = configs.toml(arguments(name))
    expected = HERE / "golden" / f"{name}.toml"
    actual = tmp_path / expected.name
    actual.write_text(text)
    assert text == expected.read_text(encoding="utf-8"), f"compare {actual} with {expected}"
