"""Nothing that sd-scripts would ignore or stumble over reaches it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_family import NAMES
from training_room import Room

from orchestrator.errors import ModelFileError, PresetError, ProjectError, TrainerError
from orchestrator.training import dataset_toml
from orchestrator.training.family import FAMILIES
from orchestrator.training.sd_scripts.argument_check import faults
from orchestrator.training.sd_scripts.argument_list import Argument, known_arguments
from orchestrator.training.sd_scripts.contradictions import contradictions, of_datasets
from orchestrator.training.settings import TrainingSettings
from orchestrator.training.trainer import TRAINERS, check

FAMILY = {each.name: each for each in FAMILIES}
KNOWN = {
    "network_dim": Argument("int"),
    "learning_rate": Argument("float"),
    "lr_warmup_steps": Argument("int_or_float"),
    "network_args": Argument("str", many=True),
    "cache_latents": Argument(None, flag=True),
    "mixed_precision": Argument("str", choices=("no", "fp16", "bf16")),
    "timestep_sampling": Argument(None, choices=("sigma", "shift")),
    "dataset_config": Argument("Path"),
}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("network_dimm", 4, "'network_dimm' is no argument of it; did you mean 'network_dim'?"),
        ("zzz", 4, "'zzz' is no argument of it"),
        ("network_dim", 4.5, "'network_dim' is a whole number, not 4.5"),
        ("network_dim", True, "'network_dim' is a whole number, not True"),
        ("learning_rate", "1e-4", "'learning_rate' is a number, not '1e-4'"),
        ("network_args", "conv_dim=4", "'network_args' takes a list: 'conv_dim=4'"),
        ("learning_rate", [1e-4], "'learning_rate' takes one value, not a list: [0.0001]"),
        ("network_args", [4], "'network_args' is a text, not 4"),
        ("cache_latents", 1, "'cache_latents' is true or false, not 1"),
        ("mixed_precision", "fp8", "'mixed_precision' is one of no, fp16, bf16, not 'fp8'"),
        ("timestep_sampling", "flux", "'timestep_sampling' is one of sigma, shift, not 'flux'"),
    ],
)
def test_each_kind_of_fault_has_its_sentence(name: str, value: Any, words: str) -> None:
    """Unknown keys with the nearest known one, wrong types, values outside the choices."""
    assert faults({name: value}, KNOWN) == [words]


def test_what_is_right_passes() -> None:
    """Whole numbers are numbers too, and a list may be empty."""
    right = {
        "network_dim": 4,
        "learning_rate": 1,
        "lr_warmup_steps": 0.05,
        "network_args": [],
        "cache_latents": True,
    }
    assert faults({**right, "mixed_precision": "bf16", "dataset_config": "x"}, KNOWN) == []


CONTRADICTIONS: list[tuple[str, dict[str, Any], str]] = [
    (
        "SDXL",
        {"cache_text_encoder_outputs": True, "shuffle_caption": True, "network_train_unet_only": True},
        "cached text",
    ),
    ("FLUX", {"cache_text_encoder_outputs_to_disk": True, "caption_dropout_rate": 0.1}, "cached text"),
    ("SDXL", {"cache_text_encoder_outputs": True}, "network_train_unet_only"),
    ("SD 1.x", {"cache_latents": True, "random_crop": True}, "cached latents"),
    ("SD 1.x", {"lr_warmup_steps": 100}, "constant_with_warmup"),
    ("SD 1.x", {"lr_scheduler": "constant", "lr_warmup_steps": 0.1}, "constant_with_warmup"),
    ("SD 1.x", {"network_alpha": 0}, "network_alpha"),
    ("SD 1.x", {"network_train_unet_only": True, "network_train_text_encoder_only": True}, "keep one"),
    ("SD 1.x", {"min_timestep": 500, "max_timestep": 500}, "below max_timestep"),
    ("SD 1.x", {"adaptive_noise_scale": 0.1}, "noise_offset"),
    ("SD 2.x", {"scale_v_pred_loss_like_noise_pred": True}, "v_parameterization"),
    ("SD 2.x", {"v_pred_like_loss": 0.5, "v_parameterization": True}, "v_pred_like_loss"),
    ("SD 2.x", {"clip_skip": 2}, "clip_skip"),
    ("SD 1.x", {"full_fp16": True, "mixed_precision": "bf16"}, "full_fp16"),
    ("SD 1.x", {"full_bf16": True}, "full_bf16"),
    ("SD 1.x", {"xformers": True, "sdpa": True}, "attention"),
    ("SD 1.x", {"persistent_data_loader_workers": True, "max_data_loader_n_workers": 0}, "workers"),
    ("FLUX", {"blocks_to_swap": 18, "cpu_offload_checkpointing": True}, "blocks_to_swap"),
    ("SD 1.x", {"sample_every_n_epochs": 1}, "sample_prompts"),
    ("SDXL", {"bucket_reso_steps": 48}, "multiple of 32"),
    ("SD 1.x", {"bucket_reso_steps": 32}, "multiple of 64"),
    ("SD 1.x", {"cache_latents": True, "face_crop_aug_range": "1.0,3.0"}, "cached latents"),
    ("SD 1.x", {"enable_bucket": True, "face_crop_aug_range": "1.0,3.0"}, "cut by their bucket"),
    ("FLUX", {"cache_text_encoder_outputs": True, "enable_wildcard": True}, "cached text"),
    ("FLUX", {"network_module": "networks.lora"}, "networks.lora_flux"),
    ("SD 1.x", {"network_module": "networks.lora_sd3"}, "networks.lora"),
]


@pytest.mark.parametrize(("family", "arguments", "words"), CONTRADICTIONS)
def test_each_contradiction_is_told_with_its_reason(
    family: str, arguments: dict[str, Any], words: str
) -> None:
    """Alone it is found, and without it there is nothing to find."""
    sound = {"network_module": FAMILY[family].network_module}  # type: ignore[index]
    assert contradictions(sound, FAMILY[family]) == []  # type: ignore[index]
    (sentence,) = contradictions({**sound, **arguments}, FAMILY[family])  # type: ignore[index]
    assert words in sentence


CACHED_TEXT = {"cache_text_encoder_outputs": True, "network_train_unet_only": True}
IN_THE_DATASET: list[tuple[str, dict[str, Any], str, dict[str, Any], str]] = [
    ("SDXL", CACHED_TEXT, "subset", {"shuffle_caption": True}, "cached text"),
    ("SDXL", CACHED_TEXT, "general", {"caption_dropout_rate": 0.1}, "cached text"),
    ("FLUX", CACHED_TEXT, "dataset", {"caption_dropout_every_n_epochs": 2}, "cached text"),
    ("SD 1.x", {"cache_latents": True}, "dataset", {"random_crop": True}, "cached latents"),
    ("SD 1.x", {"cache_latents_to_disk": True}, "subset", {"color_aug": True}, "cached latents"),
    ("SD 1.x", {}, "dataset", {"enable_bucket": True, "face_crop_aug_range": [1.0, 3.0]}, "cut by"),
    ("SD 1.x", {"face_crop_aug_range": "1.0,3.0"}, "general", {"enable_bucket": True}, "cut by their bucket"),
    ("SDXL", {}, "dataset", {"enable_bucket": True, "bucket_reso_steps": 48}, "32 for SDXL, not 48"),
    ("SD 1.x", {}, "general", {"enable_bucket": True, "bucket_reso_steps": 32}, "multiple of 64"),
]  # fmt: skip


@pytest.mark.parametrize(("family", "arguments", "level", "keys", "words"), IN_THE_DATASET)
def test_a_dataset_toml_that_contradicts_the_arguments_is_told_with_its_place(
    family: str, arguments: dict[str, Any], level: str, keys: dict[str, Any], words: str
) -> None:
    """Neither of the two is wrong alone, and the key may stand at whatever level."""
    chosen = FAMILY[family]  # type: ignore[index]
    arguments = {"network_module": chosen.network_module, **arguments}

    def told(keys: dict[str, Any]) -> list[str]:
        at = {place: keys if place == level else {} for place in ("general", "dataset", "subset")}
        dataset = {**at["dataset"], "subsets": [{"image_dir": "x", **at["subset"]}]}
        content = {"general": at["general"], "datasets": [dataset]}
        dataset_toml.check(content, "d.toml")
        return of_datasets(dataset_toml.levels(content, arguments), chosen)

    assert contradictions(arguments, chosen) == []
    assert told({}) == []
    (sentence,) = told(keys)
    assert sentence.startswith("datasets[0].subsets[0]: ")
    assert words in sentence


def test_a_key_of_the_dataset_toml_that_takes_a_contradiction_away_does() -> None:
    """The look-up begins in the subset: what stands among the arguments does not hold there."""
    arguments = {**CACHED_TEXT, "shuffle_caption": True}
    content = {"datasets": [{"subsets": [{"image_dir": "x", "shuffle_caption": False}]}]}
    assert of_datasets(dataset_toml.levels(content, arguments), FAMILY["SDXL"]) == []


def test_a_training_with_such_a_dataset_toml_is_not_started(room: Room) -> None:
    """The message names the subset and both keys."""
    config = room.folder / "set" / "dataset.toml"
    config.write_text(config.read_text().replace("num_repeats", "random_crop = true, num_repeats"))
    with pytest.raises(
        PresetError, match=r"datasets\[0\].subsets\[0\]: cached latents never change, so random_crop"
    ):
        room.train(room.settings(cache_latents=True))
    assert not (room.folder / "run" / "trainer.log").exists()


def test_the_checkout_itself_is_asked_and_only_once_for_each_version(room: Room) -> None:
    """Its own parser tells; an edit of its code asks anew, and a new argument is known from then on."""
    settings = room.settings().sd_scripts
    assert settings is not None
    known = known_arguments(settings, "train_network.py")
    assert known["network_dim"] == Argument("int")
    assert known["cache_latents"] == Argument(None, flag=True)
    assert known["optimizer_args"].many
    assert known["mixed_precision"].choices is not None
    script = room.checkout / "train_network.py"
    source = script.read_text(encoding="utf-8")
    (room.checkout / "arguments.json").unlink()  # asked again it would fail
    assert known_arguments(settings, "train_network.py") == known
    script.write_text(source.replace("recorded = json", "#").replace(
        "recorded[Path(__file__).stem].items()", "{'brand_new': {'type': 'int'}}.items()"
    ))  # fmt: skip
    assert list(known_arguments(settings, "train_network.py")) == ["brand_new"]


def test_a_checkout_that_cannot_be_asked_says_why(room: Room) -> None:
    """Something that it needs is not installed: its last lines are shown."""
    (room.checkout / "train_network.py").write_text("import no_such_torch\n")
    with pytest.raises(TrainerError, match="No module named 'no_such_torch'"):
        check(room.settings())


def test_all_faults_are_told_at_once_with_the_version(room: Room) -> None:
    """A preset's and the overrides' keys alike are checked before anything starts."""
    with pytest.raises(PresetError) as caught:
        check(room.settings(network_dimm=4, lr_scheduler_args=["a=1"], huber_c=True))
    assert "did you mean 'network_dim'?" in caught.value.what
    assert "'huber_c' is a number" in caught.value.what
    assert "version files-" in caught.value.remedy


def with_model(room: Room, family: str, preset: str, **more: Any) -> TrainingSettings:
    room.model(NAMES[family])
    document = room.settings(max_train_steps=None, train_batch_size=None, mixed_precision=None)
    return TrainingSettings.model_validate({**document.model_dump(), "preset": preset, **more})


def test_sd2_is_told_to_be_sd2(room: Room) -> None:
    """The script trains SD 1.x and SD 2.x, and must be told which."""
    settings = with_model(room, "SD 2.x", "sd15-style")
    assert TRAINERS["sd-scripts"].arguments(settings)["v2"] is True


def test_flux_is_refused_without_its_files_and_given_them(room: Room) -> None:
    """Each missing file is named; a file that the model has no use for is refused too."""
    settings = with_model(room, "FLUX", "flux-style", model_files={"clip_l": str(room.model(NAMES["FLUX"]))})
    with pytest.raises(ModelFileError, match="FLUX also needs ae, t5xxl"):
        check(settings)
    part = str(room.folder / "model.safetensors")
    arguments = TRAINERS["sd-scripts"].arguments(
        settings.model_copy(
            update={"model_files": type(settings.model_files)(ae=part, clip_l=part, t5xxl=part)}
        )
    )
    assert arguments["ae"] == part
    useless = with_model(room, "SDXL", "sdxl-style", model_files={"ae": part})
    with pytest.raises(PresetError, match="SDXL has no use for ae"):
        check(useless)


def test_a_folder_that_is_no_checkout_and_a_python_that_is_not_there_are_told(
    room: Room, tmp_path: Path
) -> None:
    """The script that is missing is named; without `python`, one is looked for in venv and .venv."""
    settings = room.settings()
    for change, words in [
        ({"path": tmp_path / "set"}, "no train_network.py"),
        ({"python": tmp_path / "none"}, "no such Python"),
        ({"python": None}, "no Python lies in its venv or .venv"),
    ]:
        document = settings.model_dump()
        document["sd_scripts"] |= change
        with pytest.raises(ProjectError, match=words):
            check(TrainingSettings.model_validate(document))


def test_sd_scripts_must_be_told_where_it_is_and_what_to_train() -> None:
    """Without a checkout, or with pocket, which only the embedded trainer knows, a project is refused."""
    with pytest.raises(ValueError, match="sd_scripts"):
        TrainingSettings.model_validate({"trainer": "sd-scripts", "base_model": "x.safetensors"})
    with pytest.raises(ValueError, match="pocket"):
        TrainingSettings.model_validate({"trainer": "sd-scripts", "sd_scripts": {"path": "x"}})


def test_paths_among_overrides_are_taken_from_the_project(tmp_path: Path) -> None:
    """sd-scripts would take them from its own folder."""
    overrides = {"network_weights": "start.safetensors", "sample_prompts": "/x/prompts.txt"}
    settings = TrainingSettings.model_validate({"overrides": overrides}, context={"folder": tmp_path})
    assert settings.overrides["network_weights"] == str(tmp_path / "start.safetensors")
    assert settings.overrides["sample_prompts"] == "/x/prompts.txt"


def test_states_are_kept_where_the_user_saves_or_about_ten_times(room: Room) -> None:
    """Without a wish ten times; at the user's epochs if they are set; states are not piled up."""
    arguments = TRAINERS["sd-scripts"].arguments
    plain = arguments(room.settings())
    assert (plain["save_state"], plain["save_n_epoch_ratio"], plain["save_last_n_epochs_state"]) == (
        True,
        10,
        2,
    )
    chosen = arguments(room.settings(save_every_n_epochs=3))
    assert chosen["save_every_n_epochs"] == 3
    assert "save_n_epoch_ratio" not in chosen


def test_recorded_arguments_are_whole() -> None:
    """The stand-in asks what v0.10.1 asks: 193, 196, 215 and 218 arguments."""
    recorded = json.loads((Path(__file__).parents[1] / "presets" / "sd_scripts_arguments.json").read_text())
    scripts = ("train_network", "sdxl_train_network", "flux_train_network", "sd3_train_network")
    counts = [len(recorded[script]) for script in scripts]
    assert counts == [193, 196, 215, 218]
