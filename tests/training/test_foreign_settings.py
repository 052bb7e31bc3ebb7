"""Settings that users bring along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from orchestrator.cli.main import main
from orchestrator.errors import PresetError
from orchestrator.training import configs, foreign
from orchestrator.training.settings import TrainingSettings

FORM = {
    "LoRA_type": "Standard",
    "LR_warmup": 5,
    "lr_warmup": 10,
    "adaptive_noise_scale": 0,
    "cache_latents": True,
    "caption_extension": ".txt",
    "epoch": 10,
    "max_train_steps": "",
    "gradient_checkpointing": False,
    "learning_rate": 0.0001,
    "lr_scheduler": "cosine",
    "max_resolution": "512,768",
    "min_snr_gamma": 0,
    "mixed_precision": "bf16",
    "network_alpha": 16,
    "network_dim": 32,
    "optimizer": "AdamW8bit",
    "optimizer_args": "weight_decay=0.01 betas=0.9,0.99",
    "output_dir": "/out",
    "seed": "1234",
    "pretrained_model_name_or_path": "/models/base.safetensors",
    "text_encoder_lr": 1e-5,
    "train_batch_size": 2,
    "unet_lr": 0.0001,
    "xformers": "sdpa",
    "wandb_run_name": "x",
    "vae": "",
}


def test_a_preset_of_the_gui_becomes_ours() -> None:
    """Fields get sd-scripts' names, empty ones are nothing, and what is not taken over is named."""
    imported = foreign.of_gui(FORM)
    assert imported.preset == {
        "network_module": "networks.lora",
        "lr_warmup_steps": 0.1,
        "cache_latents": True,
        "caption_extension": ".txt",
        "max_train_epochs": 10,
        "learning_rate": 0.0001,
        "lr_scheduler": "cosine",
        "mixed_precision": "bf16",
        "network_alpha": 16,
        "network_dim": 32,
        "optimizer_type": "AdamW8bit",
        "optimizer_args": ["weight_decay=0.01", "betas=0.9,0.99"],
        "text_encoder_lr": [1e-5],
        "train_batch_size": 2,
        "unet_lr": 0.0001,
        "sdpa": True,
    }
    assert imported.training == {"base_model": "/models/base.safetensors", "seed": 1234}
    assert set(imported.left_out) == {"LR_warmup", "output_dir", "wandb_run_name", "resolution"}


def test_steps_go_before_epochs_and_a_constant_rate_has_no_warm_up() -> None:
    """As the GUI itself takes its form."""
    both = foreign.of_gui(
        {"epoch": 10, "max_train_steps": "500", "lr_warmup": 10, "lr_scheduler": "constant"}
    )
    assert both.preset == {"max_train_steps": 500, "lr_scheduler": "constant"}


def test_a_training_toml_becomes_a_preset_that_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sections are taken away, places go where ours are, and the preset is read back as it was."""
    own = tmp_path / "train.toml"
    own.write_text('[a]\nnetwork_dim = 8\n[b]\noutput_name = "x"\nseed = 7\nae = "/m/ae.safetensors"\n')
    preset = tmp_path / "mine.toml"
    assert main(["import", str(own), "--to", str(preset)]) == 0
    printed = capsys.readouterr().out
    told = yaml.safe_load(printed)["training"]
    assert TrainingSettings.model_validate(told | {"base_model": "x.safetensors"}).seed == 7
    assert told["model_files"] == {"ae": "/m/ae.safetensors"}
    assert "# left out: output_name: a run sets it itself" in printed
    document = {
        "trainer": "sd-scripts",
        "sd_scripts": {"path": "x"},
        "base_model": "x.safetensors",
        "preset": "mine.toml",
    }
    settings = TrainingSettings.model_validate(document, context={"folder": tmp_path})
    assert configs.arguments(settings) == {"network_dim": 8}
    assert main(["import", str(own), "--to", str(preset)]) == 50


@pytest.mark.parametrize(
    ("name", "text"), [("x.json", "{"), ("x.json", "[]"), ("x.toml", "a ="), ("y.txt", "a")]
)
def test_what_is_no_such_file_is_told(name: str, text: str, tmp_path: Path) -> None:
    """Broken JSON, JSON of another kind, broken TOML, and a text; a file that is not there."""
    (tmp_path / name).write_text(text)
    with pytest.raises(PresetError):
        foreign.read(tmp_path / name)
    with pytest.raises(PresetError):
        foreign.read(tmp_path / "none.json")


def test_the_form_is_json_of_a_file(tmp_path: Path) -> None:
    """A byte order mark, as editors on Windows write it, does no harm."""
    (tmp_path / "form.json").write_text(json.dumps(FORM), encoding="utf-8-sig")
    assert foreign.read(tmp_path / "form.json") == foreign.of_gui(FORM)
