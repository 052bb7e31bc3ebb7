"""What the two TOML files and the pictures may not say: refused before a model is loaded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator import presets
from orchestrator.embedded.trainer import complaints, config, dataset_config, pictures
from orchestrator.embedded.trainer.__main__ import read
from orchestrator.errors import ImageError, PresetError

Tables = tuple[dict[str, Any], dict[str, Any]]
Write = Callable[[dict[str, Any], dict[str, Any]], tuple[Path, Path]]


@pytest.fixture
def refusal(write: Write) -> Callable[[Tables], str]:
    """Return a function that reads both tables and returns why they are refused."""

    def message(tables: Tables) -> str:
        with pytest.raises(PresetError) as caught:
            read(*write(*tables))
        return str(caught.value)

    return message


Refusal = Callable[[Tables], str]


@pytest.mark.parametrize(
    ("changed", "sentences"),
    [
        ({"learning_rat": 1e-4}, ["learning_rat: ", "did you mean learning_rate?"]),
        ({"sample_prompts": "a.txt"}, ["sample_prompts: the embedded trainer has no such key"]),
        ({"network_dim": 4.5}, ["network_dim = 4.5: should be a valid integer"]),
        ({"network_dim": True}, ["network_dim = True"]),
        ({"learning_rate": "1e-4"}, ["learning_rate = '1e-4': should be a valid number"]),
        ({"max_train_steps": 0}, ["max_train_steps = 0: should be greater than 0"]),
        ({"save_model_as": "ckpt"}, ["save_model_as = 'ckpt': should be 'safetensors'"]),
        ({"output_name": "../up"}, ["output_name = '../up'"]),
        ({"text_encoder_lr": [1e-4, "x"]}, ["text_encoder_lr[1] = 'x'"]),
        ({"lr_warmup_steps": 10}, ["lr_warmup_steps: a constant lr_scheduler has no warm-up"]),
        ({"network_train_text_encoder_only": True}, ["exclude each other"]),
        ({"min_timestep": 500, "max_timestep": 400}, ["min_timestep = 500: it must be below"]),
        ({"network_args": ["conv_dim=x", "convalpha=1"]}, ["'conv_dim=x'", "did you mean conv_alpha?"]),
        ({"network_args": ["conv_alpha=1"]}, ["conv_alpha has no meaning without conv_dim"]),
        ({"optimizer_type": "AdamW8bit"}, ["AdamW8bit: ", "did you mean AdamW?"]),
        ({"optimizer_type": "AdaFactor"}, ["optimizer_type: AdaFactor"]),
        ({"optimizer_args": ["weight_deca=1"]}, ["did you mean weight_decay?"]),
        ({"optimizer_args": ["betas=(0.9,"]}, ["a Python literal"]),
        ({"latent_window_rate": 0.5}, ["without latent_window there are no windows"]),
        ({"a_section": {"seed": 1}}, ["seed: this key stands there twice"]),
        ({"network_dim": "x", "seeed": 1, "loss_type": "l3"}, ["network_dim", "seeed", "loss_type"]),
    ],
)
def test_the_training_toml_is_checked_key_by_key(
    tables: Tables, refusal: Refusal, changed: dict[str, Any], sentences: list[str]
) -> None:
    """Each fault is named with its key, all of them at once."""
    message = refusal(({**tables[0], **changed}, tables[1]))
    assert all(sentence in message for sentence in sentences), message
    assert "training.toml: " in message


@pytest.mark.parametrize(
    ("place", "changed", "sentence"),
    [
        ("top", {"generl": {}}, "generl: the embedded trainer has no such key; did you mean general?"),
        ("top", {"general": {"image_dir": "x"}}, "general.image_dir: the embedded trainer has no such key"),
        ("top", {"general": {"keep_tokens": -1}}, "keep_tokens = -1: should be greater than or equal to 0"),
        ("dataset", {"color_aug": True}, "datasets[0].color_aug: the embedded trainer has no such key"),
        ("dataset", {"resolution": [64, 0]}, "datasets[0].resolution[1] = 0"),
        (
            "dataset",
            {"resolution": 60},
            "datasets[0].resolution = (60, 60): each side must be a multiple of 8",
        ),
        ("dataset", {"enable_bucket": True}, "min_bucket_reso = 256: it exceeds resolution (64, 64)"),
        ("subset", {"num_repeat": 2}, "datasets[0].subsets[0].num_repeat: "),
        (
            "subset",
            {"num_repeats": "2"},
            "datasets[0].subsets[0].num_repeats = '2': should be a valid integer",
        ),
        ("subset", {"random_crop": True}, "random_crop: it has no effect with cached latents"),
    ],
)
def test_the_dataset_toml_is_checked_level_by_level(
    tables: Tables, refusal: Refusal, place: str, changed: dict[str, Any], sentence: str
) -> None:
    """Each fault is named with its place; a key of one level is not accepted on another."""
    datasets = tables[1]
    dataset = datasets["datasets"][0]
    {"top": datasets, "dataset": dataset, "subset": dataset["subsets"][0]}[place].update(changed)
    assert sentence in refusal(tables)


def test_faults_of_both_files_come_together(tables: Tables, refusal: Refusal) -> None:
    """A fault in the training TOML does not hide one in the dataset TOML."""
    training = {key: value for key, value in tables[0].items() if key != "output_dir"}
    del tables[1]["datasets"][0]["subsets"][0]["image_dir"]
    message = refusal((training, tables[1]))
    assert "output_dir: this key is needed" in message
    assert "datasets[0].subsets[0].image_dir: this key is needed" in message


def test_datasets_without_subsets_and_broken_toml_are_refused(
    tables: Tables, refusal: Refusal, write: Write, tmp_path: Path
) -> None:
    """No dataset, no subset, no TOML, no file: each one message."""
    assert "at least one [[datasets]]" in refusal((tables[0], {"general": {"batch_size": 1}}))
    assert "[[datasets.subsets]]" in refusal((tables[0], {"datasets": [{"resolution": 64}]}))
    config, dataset = write(*tables)
    dataset.write_text("[[datasets]", "utf-8")
    with pytest.raises(PresetError, match="cannot be read as TOML"):
        read(config, dataset)
    with pytest.raises(PresetError, match="cannot be read as TOML"):
        read(config, tmp_path / "absent.toml")


def test_keys_are_looked_up_from_the_subset_outwards() -> None:
    """Subset, dataset, [general], training TOML, default: the first that says something counts."""
    document = {
        "general": {"num_repeats": 2, "keep_tokens": 2, "batch_size": 2},
        "datasets": [
            {"num_repeats": 3, "resolution": [96, 64], "subsets": [{"image_dir": "a", "num_repeats": 4}]},
            {"num_repeats": 3, "resolution": "64,96", "subsets": [{"image_dir": "b"}]},
        ],
    }
    defaults = {"keep_tokens": 1, "batch_size": 1, "caption_extension": ".txt"}
    assert dataset_config.faults(document, defaults) == []
    first, second = dataset_config.datasets(document, defaults)
    assert (first.subsets[0].num_repeats, second.subsets[0].num_repeats) == (4, 3)
    assert (first.subsets[0].keep_tokens, first.batch_size) == (2, 2)
    assert first.subsets[0].caption_extension == ".txt"
    assert (first.resolution, second.resolution) == ((96, 64), (64, 96))


@pytest.fixture
def folder(pictures: Path, tmp_path: Path) -> Path:
    """Return a copy of the pictures that a test may damage."""
    return shutil.copytree(pictures, tmp_path / "copy")


def collect(folder: Path, **keys: Any) -> tuple[pictures.Picture, ...]:
    subset = {"image_dir": str(folder), "caption_extension": ".txt", **keys}
    return pictures.collect(
        [dataset_config.Dataset(resolution=64, subsets=(dataset_config.Subset(**subset),))]
    )


def test_folders_without_pictures_are_refused(tmp_path: Path) -> None:
    """A missing folder, an empty one, and one of regularisation pictures alone teach nothing."""
    with pytest.raises(ImageError, match="is not there"):
        collect(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="no pictures"):
        collect(tmp_path / "empty")


def test_regularisation_pictures_alone_are_refused(folder: Path) -> None:
    """There must be something to learn."""
    with pytest.raises(ImageError, match="regularisation pictures only"):
        collect(folder, is_reg=True)


def test_unusable_captions_are_named_together(folder: Path) -> None:
    """A missing, an empty and an unreadable caption are listed; class tokens stand in for missing ones."""
    (folder / "0.txt").unlink()
    assert collect(folder, class_tokens="warm")[0].caption == "warm"
    assert collect(folder, class_tokens="warm")[1].caption == "warm style, wave 1"
    (folder / "1.txt").write_text("\n", "utf-8")
    (folder / "2.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(
        ImageError, match=r"(?s)3 pictures.*0\.txt: missing.*1\.txt: empty.*2\.txt: unreadable"
    ):
        collect(folder)


def test_a_picture_that_is_none_is_refused(folder: Path) -> None:
    """A file of zero bytes and a text file named .png are named."""
    for content in (b"", b"no picture"):
        (folder / "3.png").write_bytes(content)
        with pytest.raises(ImageError, match=r"3\.png: this picture cannot be opened"):
            collect(folder)


def test_the_program_refuses_with_a_code_and_one_message(
    tables: Tables, write: Write, tmp_path: Path
) -> None:
    """Exit code 23 for a preset's fault; nothing is written, and no traceback is shown."""
    files = write({**tables[0], "learning_rat": 1}, tables[1])
    arguments = ["--config_file", str(files[0]), "--dataset_config", str(files[1])]
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator.embedded.trainer", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 23
    assert "learning_rat: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_every_key_is_one_of_sd_scripts_or_declared_as_our_own() -> None:
    """Names are those recorded from `train_network.py`, and our own are explained in one place."""
    record = Path(__file__).parents[1] / "presets" / "sd_scripts_arguments.json"
    theirs = json.loads(record.read_text("utf-8"))["train_network"].keys()
    ours = {
        "objective",
        "pair_variants",
        "pair_probability",
        "latent_window",
        "latent_window_rate",
        "network_without",
    }
    assert config.TrainingConfig.model_fields.keys() - theirs == ours
    assert all(f"\n{key}:\n" in str(config.__doc__) for key in ours)


def test_defaults_are_those_of_sd_scripts() -> None:
    """What nobody sets is what sd-scripts takes, its surprising values included."""
    needed = {"pretrained_model_name_or_path": "p", "output_dir": "o", "network_module": "networks.lora"}
    defaults = config.TrainingConfig.model_validate(needed)
    assert (defaults.learning_rate, defaults.network_alpha, defaults.max_train_steps) == (2e-6, 1, 1600)
    subset = dataset_config.Subset(image_dir="x")
    assert (subset.caption_extension, subset.num_repeats, subset.keep_tokens) == (".caption", 1, 0)
    dataset = dataset_config.Dataset(resolution=64, subsets=(subset,))
    sizes = (dataset.min_bucket_reso, dataset.max_bucket_reso, dataset.bucket_reso_steps, dataset.batch_size)
    assert sizes == (256, 1024, 64, 1)


@pytest.mark.parametrize("name", [n for n in presets.names("kohya_configs") if not n.startswith("flux")])
def test_the_shipped_presets_are_understood(name: str) -> None:
    """Every preset for a model of the families known here trains as it does with sd-scripts."""
    flat, twice = config.flatten(complaints.tomllib.loads(presets.read("kohya_configs", name)))
    assert config.faults({**flat, "pretrained_model_name_or_path": "p", "output_dir": "o"}) == []
    assert twice == []
