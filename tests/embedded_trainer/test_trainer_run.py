"""Real trainings of a few steps: what is printed, what is written, and that something is learned."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save

from orchestrator import safetensors_file
from orchestrator.embedded import checkpoint, kohya
from orchestrator.embedded.trainer import config as training_config
from orchestrator.embedded.trainer import dataset_config
from orchestrator.embedded.trainer.examples import Examples
from orchestrator.embedded.trainer.learner import Learner
from orchestrator.embedded.trainer.machine import Machine
from orchestrator.embedded.trainer.network import LoraNetwork, Plan
from orchestrator.embedded.trainer.training import train
from orchestrator.errors import MissingPackage, PresetError, TrainerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Tables = tuple[dict[str, Any], dict[str, Any]]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def run(tables: Tables, **keys: Any) -> Path:
    """Train in this process, with `keys` changed in the training TOML."""
    values = {**tables[0], **keys}
    assert training_config.faults(values) == []
    config = training_config.TrainingConfig.model_validate(values)
    defaults = training_config.dataset_defaults(config)
    assert dataset_config.faults(tables[1], defaults) == []
    return train(config, dataset_config.datasets(tables[1], defaults))


def tensors_of(file: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = load_file(file)
    return tensors


@pytest.fixture
def paired(tables: Tables) -> Tables:
    """Return a training that uses what pocket's recipe uses, and saves on the way."""
    training, datasets = tables
    datasets["datasets"][0]["subsets"][0].update(num_repeats=2, flip_aug=True)
    training.update(
        max_train_steps=7,
        network_dim=8,
        save_every_n_steps=4,
        save_every_n_epochs=1,
        save_precision="fp16",
        network_args=["conv_dim=7", "conv_alpha=1.5"],
        objective="img2img_pairs",
        min_timestep=30,
        max_timestep=550,
        min_snr_gamma=2,
        mixed_precision="bf16",
        latent_window=4,
        latent_window_rate=0.5,
        lr_scheduler="cosine",
        lr_warmup_steps=0.1,
        optimizer_args=["betas=0.9,0.99", "weight_decay=0.0"],
        training_comment="a test",
    )
    return training, datasets


def test_a_program_run_prints_and_writes_as_sd_scripts_does(
    paired: Tables, write: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    """Headings on stdout, the bar on stderr, numbered files; a second run gives equal tensors."""
    files = write(*paired)
    arguments = ["--config_file", str(files[0]), "--dataset_config", str(files[1])]
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator.embedded.trainer", *arguments],
        capture_output=True,
        check=False,
        env=ENVIRONMENT,
    )
    out, errors = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0, errors
    _check_stdout(out, tmp_path / "out")
    _check_stderr(errors)
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["warm-000001.safetensors", "warm-step00000004.safetensors", "warm.safetensors"]
    _check_metadata(tmp_path / "out" / "warm.safetensors")
    again = run(paired, output_dir=str(tmp_path / "again"))
    first, second = tensors_of(tmp_path / "out" / "warm.safetensors"), tensors_of(again)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def _check_stdout(text: str, folder: Path) -> None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert lines[0].startswith("running training / ")
    for label, figure in (
        (r"num train images \* repeats", 12),
        ("num reg images", 0),
        ("num batches per epoch", 6),
        ("num epochs", 2),
        ("batch size per device", 2),
        ("total optimization steps", 7),
    ):
        assert re.search(rf"^  {label} / .*: {figure}$", text, re.MULTILINE), label
    events = [line for line in lines if line.startswith(("epoch ", "saving checkpoint: "))]
    names = ["warm-step00000004", "warm-000001", "warm"]
    saved = [f"saving checkpoint: {folder / name}.safetensors" for name in names]
    assert events == ["epoch 1/2", saved[0], saved[1], "epoch 2/2", saved[2]]


def _check_stderr(text: str) -> None:
    bars = [part for part in re.split(r"[\r\n]", text) if part.startswith("steps:")]
    form = (
        r"steps: +\d+%\|.{10}\| \d+/7 \[\d\d:\d\d<(\d\d:\d\d|\?), +([\d.]+(s/it|it/s)|\?it/s)"
        r"(, avr_loss=[\d.e-]+)?\] *"
    )
    assert all(re.fullmatch(form, bar) for bar in bars), bars
    assert re.match(r"steps: 100%\|█{10}\| 7/7 \[.*, avr_loss=\d.*\]", bars[-1])
    assert text.splitlines()[-1] == "model saved."


def _check_metadata(file: Path) -> None:
    """Check the metadata against the configuration and against hashes computed from the file's bytes."""
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
    expected = {
        "ss_output_name": "warm",
        "ss_network_module": "networks.lora",
        "ss_network_dim": "8",
        "ss_network_alpha": "2.0",
        "ss_network_dropout": "None",
        "ss_steps": "7",
        "ss_epoch": "2",
        "ss_max_train_steps": "7",
        "ss_seed": "7",
        "ss_learning_rate": "0.002",
        "ss_unet_lr": "None",
        "ss_optimizer": "AdamW(betas=0.9,0.99,weight_decay=0.0)",
        "ss_lr_scheduler": "cosine",
        "ss_base_model_version": "sd_v1",
        "ss_sd_model_name": "pocket",
        "ss_num_train_images": "12",
        "ss_resolution": "(64, 64)",
        "ss_training_comment": "a test",
        "orchestrate_objective": "img2img_pairs",
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": "stable-diffusion-v1/lora",
        "modelspec.title": "warm",
        "modelspec.resolution": "64x64",
        "modelspec.prediction_type": "v",
        "modelspec.timestep_range": "30,550",
    }
    assert {key: metadata[key] for key in expected} == expected
    assert json.loads(metadata["ss_network_args"]) == {"conv_dim": "7", "conv_alpha": "1.5"}
    assert json.loads(metadata["ss_dataset_dirs"]) == {"3_warm": {"n_repeats": 2, "img_count": 6}}
    tags = {"3_warm": {"warm style": 6, "wave 0": 3, "wave 1": 3}}
    assert json.loads(metadata["ss_tag_frequency"]) == tags
    dataset = json.loads(metadata["ss_datasets"])[0]
    assert dataset["bucket_info"]["buckets"] == {"0": {"resolution": [64, 64], "count": 12}}
    assert float(metadata["ss_training_started_at"]) < float(metadata["ss_training_finished_at"])
    content = file.read_bytes()
    body = content[8 + int.from_bytes(content[:8], "little") :]
    assert metadata["sshs_model_hash"] == hashlib.sha256(body).hexdigest() == kohya.content_hash(file)
    bare = save(tensors_of(file), {key: value for key, value in metadata.items() if key.startswith("ss_")})
    assert len(bare) > 0x100000, "the file is too small to have a slice to hash"
    assert metadata["sshs_legacy_hash"] == hashlib.sha256(bare[0x100000:0x110000]).hexdigest()[:8]
    header = safetensors_file.header(file)
    modules = {name.split(".")[0] for name in header.tensors}
    parts = ("alpha", "lora_down.weight", "lora_up.weight")
    assert header.tensors.keys() == {f"{module}.{part}" for module in modules for part in parts}
    assert {tensor.dtype for tensor in header.tensors.values()} == {"F16"}
    wide = header.tensors["lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight"]
    narrow = header.tensors["lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight"]
    assert (wide.shape[0], wide.shape[2:], narrow.shape[0]) == (7, (3, 3), 8)


@pytest.mark.parametrize("objective", ["denoise", "img2img_pairs"])
def test_training_lowers_the_loss_on_its_pictures(tables: Tables, objective: str) -> None:
    """On the same pictures and noise, the trained LoRA predicts clearly better than none."""
    keys = {"max_train_steps": 15, "network_dim": 8, "network_alpha": 8, "objective": objective}
    if objective == "img2img_pairs":
        keys |= {"max_timestep": 600, "min_timestep": 30, "min_snr_gamma": 2}
    before, after = _losses(tables, run(tables, **keys), keys)
    assert after < 0.93 * before


def _losses(tables: Tables, file: Path, keys: dict[str, Any]) -> tuple[float, float]:
    """Return the loss without and with a LoRA, on the training pictures, for 10 draws of noise."""
    from orchestrator.embedded.trainer import pictures
    from orchestrator.embedded.trainer.latents import Encoder, Latents, Pairing

    config = training_config.TrainingConfig.model_validate({**tables[0], **keys})
    base = checkpoint.load("pocket", device="cpu", dtype=torch.float32)
    found = pictures.collect(dataset_config.datasets(tables[1], {}))
    pairing = Pairing(1, 1.0) if config.objective == "img2img_pairs" else None
    latents = Latents(found, Encoder(base.vae, "cpu", ""), pairing, seed=99)
    views = [latents.draw(index) for index in range(len(found))]
    network = LoraNetwork(base, Plan(8, 8, None, unet=True, text_encoders=False))
    learner = Learner(config, base, network, Machine("cpu", "no"), prediction="v_prediction", steps=1)
    examples = Examples(
        target=torch.stack([view.target for view in views]),
        source=torch.stack([view.source for view in views]),
        captions=tuple(picture.caption for picture in found),
        sizes=torch.zeros(len(views), 6),
        weights=torch.ones(len(views)),
    )

    def mean_loss() -> float:
        torch.manual_seed(123)
        with torch.no_grad():
            return sum(learner.loss(examples).item() for _ in range(10)) / 10

    before = mean_loss()
    network.start_from(kohya.load(file))
    return before, mean_loss()


def test_a_training_goes_on_from_network_weights(tables: Tables, tmp_path: Path) -> None:
    """With a learning rate of 0 the file that comes out holds the tensors that went in."""
    first = run(tables)
    second = run(tables, network_weights=str(first), learning_rate=0, output_dir=str(tmp_path / "b"), seed=8)
    assert kohya.content_hash(first) == kohya.content_hash(second)
    assert kohya.content_hash(first) != kohya.content_hash(
        run(tables, output_dir=str(tmp_path / "c"), seed=8)
    )


def test_latents_kept_on_disk_are_the_same_and_tied_to_their_size(tables: Tables, tmp_path: Path) -> None:
    """Kept latents give the tensors of fresh ones, lie outside the dataset, and never serve another size."""
    expected = kohya.content_hash(run(tables, output_dir=str(tmp_path / "memory")))
    for _ in range(2):
        assert kohya.content_hash(run(tables, cache_latents_to_disk=True)) == expected
    assert len(list((tmp_path / "out" / "latents").iterdir())) == 6
    tables[1]["datasets"][0]["resolution"] = 96
    run(tables, cache_latents_to_disk=True)
    assert len(list((tmp_path / "out" / "latents").iterdir())) == 12


def test_a_text_encoder_is_trained_alone_where_asked(sd15_folder: Path, tables: Tables) -> None:
    """Only `lora_te_` modules are in the file, and they have moved; uncached, cropped, accumulated."""
    tables[1]["datasets"][0]["subsets"][0]["random_crop"] = True
    file = run(
        tables,
        pretrained_model_name_or_path=str(sd15_folder),
        network_train_unet_only=False,
        network_train_text_encoder_only=True,
        cache_latents=False,
        gradient_accumulation_steps=2,
        clip_skip=2,
        text_encoder_lr=1e-2,
    )
    ups = {name: tensor for name, tensor in tensors_of(file).items() if name.endswith("lora_up.weight")}
    moved = {name for name, tensor in ups.items() if tensor.any()}
    assert all(name.startswith("lora_te_text_model_encoder_layers_") for name in ups)
    assert moved == {name for name in ups if "_layers_11_" not in name}, (
        "clip_skip 2 leaves the last layer out"
    )


def test_sdxl_trains_both_text_encoders(sdxl_folder: Path, tables: Tables) -> None:
    """The U-Net and both encoders have moved, under SDXL's names; activations are computed twice."""
    folder = str(sdxl_folder)
    keys = {"network_train_unet_only": False, "gradient_checkpointing": True, "learning_rate": 1e-2}
    file = run(tables, pretrained_model_name_or_path=folder, max_train_steps=1, **keys)
    ups = {name: tensor for name, tensor in tensors_of(file).items() if name.endswith("lora_up.weight")}
    for prefix in ("lora_unet_input_blocks_", "lora_unet_middle_block_", "lora_te1_text_", "lora_te2_text_"):
        assert any(tensor.any() for name, tensor in ups.items() if name.startswith(prefix)), prefix
    metadata = safetensors_file.header(file).metadata
    assert metadata["ss_base_model_version"] == "sdxl_base_v1-0"
    assert metadata["modelspec.prediction_type"] == "epsilon"


def test_v_parameterization_may_not_contradict_the_model(tables: Tables) -> None:
    """Pocket predicts velocity and says so itself; true is agreed to, false is refused."""
    with pytest.raises(PresetError, match="v_parameterization = false, but pocket predicts v_prediction"):
        run(tables, v_parameterization=False)


def test_a_loss_beyond_numbers_stops_the_training(tables: Tables, tmp_path: Path) -> None:
    """No LoRA is left by a training whose learning rate has blown it up."""
    with pytest.raises(TrainerError, match="the loss has become"):
        run(tables, learning_rate=1e30, max_grad_norm=0, optimizer_type="SGD", max_train_steps=20)
    assert not (tmp_path / "out" / "warm.safetensors").exists()


def test_tensorboard_is_named_where_it_is_missing(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """`logging_dir` without the package is refused before anything is loaded."""
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingPackage, match="tensorboard"):
        run(tables, logging_dir="logs")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_sigterm_ends_it_at_once_and_leaves_no_file(
    tables: Tables, write: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    """A training that is told to stop ends by the signal itself, within a second, and writes nothing."""
    files = write({**tables[0], "max_train_steps": 5000}, tables[1])
    arguments = ["--config_file", str(files[0]), "--dataset_config", str(files[1])]
    with subprocess.Popen(
        [sys.executable, "-m", "orchestrator.embedded.trainer", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as program:
        assert program.stderr is not None
        seen = b""
        while b"avr_loss" not in seen:
            chunk = os.read(program.stderr.fileno(), 4096)
            assert chunk, seen
            seen += chunk
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=5) == -signal.SIGTERM
    assert not (tmp_path / "out").exists()
