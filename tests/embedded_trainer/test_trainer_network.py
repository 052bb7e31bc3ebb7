"""Which modules get a LoRA, under which names, and what it adds."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from orchestrator.embedded import checkpoint, kohya, kohya_names
from orchestrator.embedded.trainer.network import LoraNetwork, Plan
from orchestrator.errors import LoraError, ModelFileError

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING = Plan(rank=2, alpha=1, convolutions=(3, 1.5), unet=True, text_encoders=True)
AS_SD_SCRIPTS = Plan(rank=2, alpha=1, convolutions=None, unet=True, text_encoders=True)


def load(folder: Path) -> checkpoint.Components:
    return checkpoint.load(str(folder), device="cpu", dtype=torch.float32)


def test_sd15_gets_the_264_modules_of_sd_scripts(sd15_folder: Path) -> None:
    """SD 1.5's layout gives 192 U-Net and 72 text encoder modules, named as sd-scripts names them."""
    names = [name for name, _ in LoraNetwork(load(sd15_folder), AS_SD_SCRIPTS).named_children()]
    assert sum(name.startswith("lora_unet_") for name in names) == 192
    assert sum(name.startswith("lora_te_text_model_encoder_layers_") for name in names) == 72
    assert {
        "lora_unet_down_blocks_0_attentions_0_proj_in",
        "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_out_0",
        "lora_unet_up_blocks_3_attentions_2_transformer_blocks_0_ff_net_0_proj",
        "lora_te_text_model_encoder_layers_11_self_attn_q_proj",
        "lora_te_text_model_encoder_layers_0_mlp_fc1",
    } <= set(names)


def test_diffusers_reads_an_sdxl_file_to_the_same_effect(sdxl_folder: Path, tmp_path: Path) -> None:
    """Loaded by diffusers' own reader of kohya files, the LoRA changes the U-Net's output as in training."""
    from diffusers import StableDiffusionXLPipeline

    torch.manual_seed(0)
    trained, fresh = load(sdxl_folder), load(sdxl_folder)
    network = LoraNetwork(trained, EVERYTHING)
    for name, parameter in network.named_parameters():
        if name.endswith("lora_up.weight"):
            torch.nn.init.normal_(parameter, std=0.3)
    file = tmp_path / "all.safetensors"
    kohya.save(file, network.state_dict(), {})
    tensors, alphas = StableDiffusionXLPipeline.lora_state_dict(file, unet_config=fresh.unet.config)
    given = {
        "sample": torch.randn(1, 4, 8, 8),
        "timestep": 500,
        "encoder_hidden_states": torch.randn(1, 24, 32),
        "added_cond_kwargs": {"text_embeds": torch.randn(1, 16), "time_ids": torch.full((1, 6), 64.0)},
    }
    with torch.no_grad():
        plain = fresh.unet(**given).sample
        StableDiffusionXLPipeline.load_lora_into_unet(tensors, alphas, fresh.unet)
        expected, found = trained.unet(**given).sample, fresh.unet(**given).sample
    assert (expected - plain).abs().max() > 0.01
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_modules_named_to_be_without_get_no_lora(sd15_folder: Path) -> None:
    """Those whose name holds one of the parts are left alone, and no others."""
    base = load(sd15_folder)
    whole = {name for name, _ in LoraNetwork(base, EVERYTHING).named_children()}
    fewer = replace(EVERYTHING, without=("time_emb_proj", "conv_shortcut"))
    left = {name for name, _ in LoraNetwork(load(sd15_folder), fewer).named_children()}
    gone = {name for name in whole if name.endswith(("time_emb_proj", "conv_shortcut"))}
    assert len(gone) > 4
    assert left == whole - gone


def test_sdxl_names_are_those_of_stabilitys_code() -> None:
    """Hand-picked modules of SDXL get the names that published LoRAs of SDXL have."""
    expected = {
        "down_blocks.1.attentions.0.proj_out": "input_blocks_4_1_proj_out",
        "down_blocks.2.attentions.1.proj_in": "input_blocks_8_1_proj_in",
        "down_blocks.0.downsamplers.0.conv": "input_blocks_3_0_op",
        "down_blocks.1.resnets.0.conv_shortcut": "input_blocks_4_0_skip_connection",
        "mid_block.attentions.0.transformer_blocks.9.norm1": "middle_block_1_transformer_blocks_9_norm1",
        "mid_block.resnets.1.time_emb_proj": "middle_block_2_emb_layers_1",
        "up_blocks.0.attentions.2.proj_out": "output_blocks_2_1_proj_out",
        "up_blocks.0.upsamplers.0.conv": "output_blocks_2_2_conv",
        "up_blocks.2.resnets.2.conv2": "output_blocks_8_0_out_layers_3",
    }
    attended = "up_blocks.0.attentions.0.proj_in"
    names = kohya_names.names_in_file([*expected, attended], "sdxl", 2)
    assert {module: names[module] for module in expected} == {
        module: f"lora_unet_{name}" for module, name in expected.items()
    }


def test_an_untrained_lora_changes_nothing_and_a_trained_one_adds_its_product(sd15_folder: Path) -> None:
    """The output gains up(down(x)) * alpha / rank, for linear layers and 3x3 convolutions alike."""
    torch.manual_seed(0)
    base = load(sd15_folder)
    linear = base.unet.down_blocks[0].attentions[0].transformer_blocks[0].attn1.to_q
    convolution = base.unet.down_blocks[0].downsamplers[0].conv
    features, image = torch.randn(2, 5, 8), torch.randn(1, 8, 8, 8)
    before = linear(features), convolution(image)
    network = LoraNetwork(base, EVERYTHING)
    torch.testing.assert_close((linear(features), convolution(image)), before, rtol=0, atol=0)
    for name, parameter in network.named_parameters():
        if name.endswith("lora_up.weight"):
            torch.nn.init.normal_(parameter)
    state = network.state_dict()
    down, up = (
        state[f"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_{it}.weight"]
        for it in ("down", "up")
    )
    torch.testing.assert_close(linear(features), before[0] + features @ (up @ down).T * (1 / 2))
    down, up = (
        state[f"lora_unet_down_blocks_0_downsamplers_0_conv.lora_{it}.weight"] for it in ("down", "up")
    )
    kernel = torch.einsum("or,rikl->oikl", up[..., 0, 0], down) * (1.5 / 3)
    added = torch.nn.functional.conv2d(image, kernel, stride=2, padding=1)
    torch.testing.assert_close(convolution(image), before[1] + added)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_save_that_is_stopped_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM in the middle of writing removes the half-written file, and the handler from before is back."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(os, "fsync", lambda _: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(SystemExit) as ended:
        kohya.save(tmp_path / "lora.safetensors", {"lora_unet_x.alpha": torch.tensor(1.0)}, {})
    assert ended.value.code == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_foreign_files_are_no_starting_weights(tmp_path: Path) -> None:
    """A missing file, a text, and a safetensors file of something else are each refused."""
    file = tmp_path / "x.safetensors"
    with pytest.raises(ModelFileError, match="no such file"):
        kohya.load(file)
    file.write_text("no tensors", "utf-8")
    with pytest.raises(ModelFileError, match="no whole safetensors file"):
        kohya.load(file)
    kohya.save(file, {"model.weight": torch.zeros(1)}, {})
    with pytest.raises(LoraError, match=r"model\.weight"):
        kohya.load(file)


def test_starting_weights_must_fit(sd15_folder: Path) -> None:
    """A LoRA of another rank, alpha or set of modules is refused with the name of a tensor."""
    base = load(sd15_folder)
    network = LoraNetwork(base, AS_SD_SCRIPTS)
    good = {name: torch.ones_like(tensor) for name, tensor in network.state_dict().items()}
    network.start_from(good)
    assert all(bool((tensor == 1).all()) for tensor in network.state_dict().values())
    name = "lora_unet_mid_block_attentions_0_proj_in.lora_down.weight"
    for wrong in (
        {key: value for key, value in good.items() if key != name},
        {**good, name: torch.ones(4, 8, 1, 1)},
        {**good, "lora_unet_other.alpha": torch.tensor(1.0)},
        {**good, name.replace("lora_down.weight", "alpha"): torch.tensor(2.0)},
    ):
        with pytest.raises(LoraError, match="network_weights"):
            network.start_from(wrong)
