"""Pictures, configurations and tiny base models to train on."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pytest
import tomli_w

from orchestrator.embedded.checkpoint import POCKET_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of six 64x64 pictures with captions: soft gradients in warm colours."""
    folder = tmp_path_factory.mktemp("data") / "3_warm"
    folder.mkdir()
    across, down = np.meshgrid(np.linspace(0, 1, 64), np.linspace(0, 1, 64))
    for number in range(6):
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * (across * (1 + number % 3) + down * (number // 3)))
        values = np.stack([0.6 + 0.4 * wave, 0.3 + 0.3 * wave, 0.1 * down + 0.1], axis=-1)
        PIL.Image.fromarray((values * 255).astype(np.uint8)).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"warm style, wave {number % 2}\nnotes", "utf-8")
    return folder


@pytest.fixture
def tables(pictures: Path, tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the tables of a short training on pocket, to be changed by tests."""
    training = {
        "pretrained_model_name_or_path": "pocket",
        "output_dir": str(tmp_path / "out"),
        "output_name": "warm",
        "network_module": "networks.lora",
        "network_dim": 4,
        "network_alpha": 2,
        "network_train_unet_only": True,
        "learning_rate": 2e-3,
        "max_train_steps": 2,
        "seed": 7,
        "cache_latents": True,
    }
    dataset = {
        "resolution": 64,
        "batch_size": 2,
        "subsets": [{"image_dir": str(pictures), "caption_extension": ".txt"}],
    }
    return training, {"datasets": [dataset]}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, Any], dict[str, Any]], tuple[Path, Path]]:
    """Return a function that writes both tables as TOML files."""

    def written(training: dict[str, Any], datasets: dict[str, Any]) -> tuple[Path, Path]:
        files = tmp_path / "training.toml", tmp_path / "dataset.toml"
        for file, table in zip(files, (training, datasets), strict=True):
            file.write_text(tomli_w.dumps(table), "utf-8")
        return files

    return written


_CLIP = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "vocab_size": 1714,
    "max_position_embeddings": 24,
    "bos_token_id": 1712,
    "eos_token_id": 1713,
    "pad_token_id": 1713,
    "projection_dim": 16,
}


def _save_model(folder: Path, *, sdxl: bool) -> Path:
    """Write a random model of SD 1.5's or SDXL's layout, thin as can be."""
    import diffusers
    import torch
    import transformers

    torch.manual_seed(0)
    blocks: dict[str, Any] = {
        "block_out_channels": (8, 8, 8, 8),
        "norm_num_groups": 4,
        "cross_attention_dim": 16,
        "attention_head_dim": 2,
    }
    if sdxl:
        blocks |= {
            "block_out_channels": (8, 8, 16),
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            "transformer_layers_per_block": (1, 2, 10),
            "use_linear_projection": True,
            "cross_attention_dim": 32,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 6 * 8 + 16,
        }
    diffusers.UNet2DConditionModel(**blocks).save_pretrained(folder / "unet")
    coder = "DownEncoderBlock2D", "UpDecoderBlock2D"
    diffusers.AutoencoderKL(
        block_out_channels=(4, 4, 4, 4),
        norm_num_groups=2,
        down_block_types=(coder[0],) * 4,
        up_block_types=(coder[1],) * 4,
    ).save_pretrained(folder / "vae")
    text = transformers.CLIPTextConfig(**_CLIP, num_hidden_layers=12)
    transformers.CLIPTextModel(text).save_pretrained(folder / "text_encoder")
    shutil.copytree(POCKET_FOLDER / "tokenizer", folder / "tokenizer")
    if sdxl:
        second = transformers.CLIPTextConfig(**_CLIP, num_hidden_layers=4)
        transformers.CLIPTextModelWithProjection(second).save_pretrained(folder / "text_encoder_2")
        shutil.copytree(POCKET_FOLDER / "tokenizer", folder / "tokenizer_2")
    diffusers.DDIMScheduler(beta_schedule="scaled_linear").save_pretrained(folder / "scheduler")
    return folder


@pytest.fixture(scope="session")
def sd15_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a thin random model of SD 1.5's layout, which predicts noise."""
    return _save_model(tmp_path_factory.mktemp("sd15"), sdxl=False)


@pytest.fixture(scope="session")
def sdxl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a thin random model of SDXL's layout."""
    return _save_model(tmp_path_factory.mktemp("sdxl"), sdxl=True)
