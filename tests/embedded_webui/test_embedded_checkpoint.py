"""Opening base models, and what LoRAs call their modules."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from original_layout import unet_key, write_sd1
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

from orchestrator.embedded import checkpoint, clip_bpe, kohya_names, merge
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from pathlib import Path

Model = tuple["Path", Any, Any, Any]


@pytest.fixture(scope="module")
def single_file(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A random SD 1.x model, a tenth as wide as the real one, in one file of the original layout."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=64, block_out_channels=[32, 64, 128, 128], cross_attention_dim=64, attention_head_dim=8
    )
    vae = AutoencoderKL(
        block_out_channels=[32, 64, 128, 128],
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        layers_per_block=2,
    )
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=49408,
            hidden_size=64,
            intermediate_size=256,
            num_attention_heads=1,
            num_hidden_layers=2,
            projection_dim=64,
        )
    )
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    write_sd1(path, unet, vae, text)
    return path, unet, vae, text


def load(base: object) -> checkpoint.Components:
    return checkpoint.load(str(base), device="cpu", dtype=torch.float32)


def test_a_single_file_is_taken_apart_exactly(single_file: Model) -> None:
    """Every tensor of the original model comes back in its place, and the tokenizer needs no network."""
    path, *originals = single_file
    loaded = load(path)
    for original, model in zip(originals, (loaded.unet, loaded.vae, loaded.text_encoders[0]), strict=True):
        state = model.state_dict()
        assert state.keys() == original.state_dict().keys()
        assert all(
            torch.equal(state[key], value.half().float()) for key, value in original.state_dict().items()
        )
    assert loaded.family == "sd1"
    assert loaded.name == "tiny"
    assert loaded.scheduler.config.prediction_type == "epsilon"
    assert loaded.vae.config.scaling_factor == 0.18215
    assert loaded.tokenizers[0]("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]


def test_v_prediction_is_read_off_the_file(single_file: Model, tmp_path: Path) -> None:
    """Files mark it by an empty tensor."""
    path = tmp_path / "v.safetensors"
    save_file({**load_file(single_file[0]), "v_pred": torch.tensor([])}, path)
    assert load(path).scheduler.config.prediction_type == "v_prediction"


def test_pocket_ships(tmp_path: Path) -> None:
    """The model by the name "pocket" is the folder in the package; a copy elsewhere has the same digest."""
    pocket = load("pocket")
    shutil.copytree(checkpoint.POCKET_FOLDER, tmp_path / "copy")
    copied = load(tmp_path / "copy")
    assert (pocket.name, copied.name) == ("pocket", "copy")
    assert pocket.sha256 == copied.sha256


def test_clips_vocabulary_is_whole() -> None:
    """49,408 tokens; OpenCLIP's padding is the token 0."""
    tokenizer = clip_bpe.tokenizer(pad="!")
    assert len(tokenizer) == 49408
    assert tokenizer.pad_token_id == 0
    assert tokenizer("naïve 東京, 42!").input_ids[1:3] == [1097, 35689]


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".bin"])
def test_pickles_are_refused_by_name(tmp_path: Path, suffix: str) -> None:
    """Not one byte of them is read."""
    with pytest.raises(ModelFileError, match="can run any program"):
        load(tmp_path / f"model{suffix}")


def test_what_is_no_model_is_told_as_such(single_file: Model, tmp_path: Path) -> None:
    """Missing, renamed pickle, cut short, a LoRA, an incomplete folder: each has a message of its own."""
    cut, pickle, lora, folder = (
        tmp_path / name for name in ("cut.safetensors", "p.safetensors", "l.safetensors", "d")
    )
    cut.write_bytes(single_file[0].read_bytes()[:-1000])
    pickle.write_bytes(b"PK\x03\x04" + bytes(100))
    save_file({"lora_unet_x.alpha": torch.tensor(1.0)}, lora)
    folder.mkdir()
    cases = {
        "no model": tmp_path / "nothing.safetensors",
        "no whole safetensors": cut,
        "no whole safetensors file": pickle,
        "no complete Stable Diffusion model": lora,
        "no diffusers model": folder,
        "there is no model 'runwayml/stable-diffusion-v1-5'": "runwayml/stable-diffusion-v1-5",
    }
    for reason, base in cases.items():
        with pytest.raises(ModelFileError, match=reason):
            load(base)


def test_a_folder_without_weights_is_told_as_such(tmp_path: Path) -> None:
    """A diffusers folder that lost a file is no internal error."""
    shutil.copytree(checkpoint.POCKET_FOLDER, tmp_path / "model")
    (tmp_path / "model" / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(ModelFileError, match="cannot be loaded as a diffusers model"):
        load(tmp_path / "model")


def test_original_names_agree_with_diffusers_conversion(single_file: Model) -> None:
    """The original layout's name of each module is the one whose tensor diffusers moved there."""
    unet = single_file[1]
    paths = [
        path for path, part in unet.named_modules() if isinstance(part, torch.nn.Linear | torch.nn.Conv2d)
    ]
    names = kohya_names.original_names(paths, 2)
    assert len(paths) > 200
    assert {path: f"{name}.weight" for path, name in names.items()} == {
        path: unet_key(f"{path}.weight") for path in paths
    }


def test_both_layouts_names_merge_the_same(single_file: Model) -> None:
    """W = W0 + m * alpha / rank * up @ down, under either name, for matrices, 1x1 and 3x3 convolutions."""
    components = load(single_file[0])
    pairs = {
        "down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q": (
            "input_blocks_4_1_transformer_blocks_0_attn1_to_q"
        ),
        "mid_block_attentions_0_proj_in": "middle_block_1_proj_in",
        "up_blocks_3_resnets_1_conv1": "output_blocks_10_0_in_layers_2",
        "up_blocks_0_upsamplers_0_conv": "output_blocks_2_1_conv",
        "up_blocks_1_upsamplers_0_conv": "output_blocks_5_2_conv",
    }
    modules = kohya_names.modules(components)
    merger = merge.Merger(components)
    for own, original in pairs.items():
        module = modules[f"lora_unet_{own}"]
        before = module.weight.clone()
        out, width, *kernel = before.shape
        up, down = torch.randn(out, 3, *[1] * len(kernel)), torch.randn(3, width, *kernel)
        expected = before + 0.5 * 6 / 3 * torch.einsum("or,r...->o...", up.flatten(1), down)
        for name in (own, original):
            stem = f"lora_unet_{name}"
            tensors = {
                f"{stem}.lora_up.weight": up,
                f"{stem}.lora_down.weight": down,
                f"{stem}.alpha": torch.tensor(6.0),
            }
            merger.merge([merge.Weighted(merge.read(tensors, name=name, content=name), 9.0, 0.5)])
            assert torch.allclose(module.weight, expected, atol=1e-5)
        merger.merge([])
        assert torch.equal(module.weight, before)
