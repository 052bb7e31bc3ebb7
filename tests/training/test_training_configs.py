from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save_file

from orchestrator.errors import ModelFileError, PresetError
from orchestrator.training import base_model, configs
from orchestrator.training.settings import TrainingSettings
from orchestrator.training.trainer import check


def settings(**changes: Any) -> TrainingSettings:
    return TrainingSettings.model_validate(changes)


def final_config(chosen: TrainingSettings) -> configs.Config:
    arguments = configs.arguments(chosen)
    return configs.config(arguments, chosen, output_dir=Path("/runs/x"), output_name="word")


def test_overrides_lie_over_the_preset_and_ours_over_both() -> None:
    """The final arguments: a preset's, changed by the project, with the run's own added."""
    final = final_config(settings(overrides={"max_train_steps": 7}, seed=5))
    assert final["max_train_steps"] == 7
    assert final["network_module"] == "networks.lora"
    assert final["pretrained_model_name_or_path"] == "pocket"
    assert (final["output_dir"], final["output_name"], final["seed"]) == ("/runs/x", "word", 5)
    assert not any(isinstance(value, dict) for value in final.values())


def test_the_toml_says_what_the_arguments_say() -> None:
    """Writing and reading give the same arguments back, numbers as numbers."""
    final = final_config(settings())
    assert configs.parsed(configs.toml(final), "x") == final


def test_the_preset_fits_the_base_model(tmp_path: Path) -> None:
    """Left out, it is pocket's for pocket and SD 1.x's for another model."""
    model = tmp_path / "model.safetensors"
    assert configs.preset_name(settings()) == "pocket-style"
    assert configs.preset_name(settings(base_model=str(model))) == "sd15-style"
    assert configs.preset_name(settings(base_model=str(model), preset="sdxl-style")) == "sdxl-style"


def test_an_unknown_preset_is_refused_with_the_nearest_name() -> None:
    """A typing mistake in the preset's name is answered with the right one."""
    with pytest.raises(PresetError) as caught:
        check(settings(preset="sd15-stlye"))
    assert "Did you mean 'sd15-style'?" in caught.value.remedy


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"seed": 1}, "training.seed"),
        ({"dataset_repeats": 3}, "style.repeats"),
        ({"resolution": "512"}, "style.resolution"),
        ({"pretrained_model_name_or_path": "x"}, "training.base_model"),
        ({"output_dir": "/tmp"}, "Take it out"),  # noqa: S108 - only a text
        ({"learning_rate": "1e-4"}, "is a number, not a text ('1e-4')"),
        ({"cache_latents": 1}, "is true or false, not a number (1)"),
        ({"max_train_steps": True}, "is a number, not true or false"),
        ({"network_args": "conv_dim=4"}, "is a list, not a text"),
        ({"max_train_steps": 5, "max_train_epochs": 2}, "both overridden"),
    ],
)
def test_overrides_that_would_go_wrong_silently_are_refused(overrides: dict[str, Any], words: str) -> None:
    """What the run sets itself, what a trainer would ignore, and values of another type."""
    with pytest.raises(PresetError) as caught:
        check(settings(overrides=overrides))
    assert words in str(caught.value)


def test_epochs_replace_the_presets_steps() -> None:
    """Epochs and steps exclude each other, so the one that the project names is the one that counts."""
    assert configs.merged({"max_train_steps": 9}, {"max_train_epochs": 2}) == {"max_train_epochs": 2}
    assert configs.merged({"max_train_epochs": 2}, {"max_train_steps": 9}) == {"max_train_steps": 9}


@pytest.mark.parametrize("text", ["a = ", "a = 1\na = 2", "[x]\na = 1\n[y]\na = 2", "a = 1\n[x]\na = 2"])
def test_broken_presets_are_refused_by_name(text: str) -> None:
    """What is no TOML, and what says one thing twice in two sections, names the preset."""
    with pytest.raises(PresetError) as caught:
        configs.flattened(configs.parsed(text, "my-preset"), "my-preset")
    assert caught.value.where == "my-preset"


def test_a_preset_of_ones_own_does_not_set_what_a_run_sets(tmp_path: Path) -> None:
    """Its seed or its output folder would be replaced without a word: `orchestrate import` sorts them out."""
    for text, words in [("seed = 5", "`training.seed`"), ('[x]\noutput_dir = "/out"', "Take it out")]:
        (tmp_path / "own.toml").write_text(text)
        with pytest.raises(PresetError) as caught:
            check(settings(preset=str(tmp_path / "own.toml")))
        assert words in caught.value.remedy
        assert caught.value.where.endswith("own.toml")


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".pth", ".bin", ".CKPT"])
def test_a_pickle_is_never_opened(tmp_path: Path, suffix: str) -> None:
    """A checkpoint that could run code is refused by its name, with what to do instead."""
    model = tmp_path / f"model{suffix}"
    model.write_bytes(b"\x80\x04.")
    with pytest.raises(ModelFileError, match="pickle") as caught:
        check(settings(base_model=str(model)))
    assert "safetensors" in caught.value.remedy


def test_other_unusable_base_models_are_told_apart(tmp_path: Path) -> None:
    """Missing, a folder with no model in it, and a file that only has the right suffix."""
    liar = tmp_path / "liar.safetensors"
    liar.write_bytes(b"\x80\x04.")
    for model, words in [
        (tmp_path / "gone.safetensors", "no such base model"),
        (tmp_path, "model_index.json"),
        (liar, "no whole safetensors file"),
    ]:
        with pytest.raises(ModelFileError, match=words):
            base_model.argument(model)


def test_usable_base_models_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trainer runs in another folder, so it gets a path that holds from everywhere."""
    import numpy as np

    save_file({"x": np.zeros(1, np.float32)}, tmp_path / "model.safetensors")
    (tmp_path / "diffusers").mkdir()
    (tmp_path / "diffusers" / "model_index.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert base_model.argument(Path("model.safetensors")) == str(tmp_path / "model.safetensors")
    assert base_model.argument(Path("diffusers")) == str(tmp_path / "diffusers")
