"""What a LoRA file tells of itself, whoever made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from orchestrator.cli.main import main
from orchestrator.embedded import kohya
from orchestrator.errors import LoraError, ModelFileError
from orchestrator.training import lora_file
from orchestrator.training.lora_story import story
from orchestrator.training.verify import verify

Tensors = dict[str, torch.Tensor]
MODULE = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
METADATA = {
    "ss_output_name": "word",
    "ss_steps": "8",
    "ss_epoch": "2",
    "ss_sd_model_name": "base.safetensors",
    "ss_new_sd_model_hash": "ab" * 32,
    "ss_base_model_version": "sd_v1",
    "ss_learning_rate": "0.0001",
    "ss_unet_lr": "None",
    "ss_datasets": json.dumps([{"resolution": [512, 768]}]),
    "ss_tag_frequency": json.dumps({"2_word": {"word": 6, "街": 2}, "1_more": {"word": 1}}),
    "ss_training_finished_at": "1700000000.5",
    "modelspec.resolution": "64x64",
    "modelspec.architecture": "stable-diffusion-v1/lora",
}


def pair(module: str = MODULE, width: int = 768, rank: int = 4) -> Tensors:
    return {
        f"{module}.alpha": torch.tensor(2.0),
        f"{module}.lora_down.weight": torch.ones(rank, width),
        f"{module}.lora_up.weight": torch.ones(8, rank),
    }


def large() -> Tensors:
    """Tensors of more than a megabyte, where the legacy hash begins."""
    return pair() | {f"{MODULE}.lora_up.weight": torch.arange(320_000.0).reshape(-1, 4)}


def shown(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["lora", "show", str(file), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_lora_tells_how_it_came_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Base model, rank, alpha, parts, steps, tags of all folders together, date, and both hashes verified."""
    file = tmp_path / "word.safetensors"
    kohya.save(file, large() | pair("lora_te_text_model_encoder_layers_0_mlp_fc1", 16, 8), METADATA)
    code, told = shown(file, capsys)
    assert code == 0
    assert (told["kind"], told["naming"], told["family"]) == ("LoRA", "kohya", "SD 1.x")
    assert told["modules"] == {"text encoder": 1, "U-Net": 1}
    assert told["ranks"] == {"4": 1, "8": 1}
    assert told["alphas"] == {"2.0": 2}
    assert (told["steps"], told["epochs"], told["base_model"]) == (8, 2, "base.safetensors")
    assert (told["resolution"], told["trained"]) == ("512x768", "2023-11-14T22:13:20+00:00")
    assert list(told["tags"].items()) == [("word", 7), ("街", 2)]
    assert [each["right"] for each in told["hashes"].values()] == [True, True]
    assert main(["lora", "show", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "base model  base.safetensors, SHA-256 abab" in printed
    assert (
        "trained     8 steps, 2 epochs, learning rate 0.0001, 512x768, 2023-11-14T22:13:20+00:00" in printed
    )
    assert "tags        word (7), 街 (2)" in printed


def test_hashes_that_are_of_other_tensors_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One bit that has changed: both hashes tell, and no LoRA is made of it."""
    file = tmp_path / "word.safetensors"
    kohya.save(file, large(), METADATA)
    verify(file)
    data = bytearray(file.read_bytes())
    data[0x100100] ^= 1
    file.write_bytes(data)
    code, told = shown(file, capsys)
    assert code == LoraError.exit_code
    assert [each["right"] for each in told["hashes"].values()] == [False, False]
    main(["lora", "show", str(file)])
    assert "it was changed after it was written" in capsys.readouterr().out
    with pytest.raises(LoraError, match="its trainer wrote sshs_model_hash"):
        verify(file)


def test_other_metadata_leave_the_hashes_right(tmp_path: Path) -> None:
    """Both are of the tensors: a title, a comment in Japanese and a reordered header change neither."""
    file, again = tmp_path / "word.safetensors", tmp_path / "again.safetensors"
    kohya.save(file, large(), {**METADATA, "ss_training_comment": '"街"\t\\'})
    metadata = lora_file.read(file).metadata
    save_file(large(), again, {"modelspec.title": "街 " * 50, **dict(reversed(metadata.items()))})
    assert verify(again).content_hash == verify(file).content_hash


def test_nan_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tensor, and what such a LoRA does."""
    file = tmp_path / "word.safetensors"
    save_file(pair() | {f"{MODULE}.lora_up.weight": torch.full((8, 4), torch.nan)}, file)
    assert main(["lora", "show", str(file)]) == LoraError.exit_code
    assert f"NaN or infinity in 1 tensors, first in {MODULE}.lora_up.weight" in capsys.readouterr().out


def test_a_lora_without_metadata_is_still_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What its tensors tell; nothing is invented, and there is no hash to compare."""
    file = tmp_path / "bare.safetensors"
    save_file(pair(width=2048), file)
    code, told = shown(file, capsys)
    assert (code, told["family"], told["steps"], told["tags"]) == (0, "SDXL", None, {})
    assert {each["right"] for each in told["hashes"].values()} == {None}
    main(["lora", "show", str(file)])
    printed = capsys.readouterr().out
    assert "which its metadata do not tell" in printed
    assert "trained" not in printed


PEFT = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
KINDS: dict[str, tuple[Tensors, str, str]] = {
    "convolutions": (
        {
            "lora_unet_x.lora_down.weight": torch.ones(2, 8, 3, 3),
            "lora_unet_x.lora_up.weight": torch.ones(8, 2, 1, 1),
        },
        "LoCon",
        "kohya",
    ),
    "Hadamard": (
        {f"{MODULE}.hada_{part}": torch.ones(2, 2) for part in ("w1_a", "w1_b", "w2_a", "w2_b")},
        "LoHa",
        "kohya",
    ),
    "Kronecker": (
        {f"{MODULE}.lokr_w1": torch.ones(2, 2), f"{MODULE}.lokr_w2": torch.ones(2, 2)},
        "LoKr",
        "kohya",
    ),
    "DoRA": (pair() | {f"{MODULE}.dora_scale": torch.ones(8, 1)}, "DoRA", "kohya"),
    "PEFT": (
        {f"{PEFT}.lora_A.weight": torch.ones(2, 768), f"{PEFT}.lora_B.weight": torch.ones(8, 2)},
        "LoRA",
        "diffusers",
    ),
    "PEFT adapters": (
        {
            f"{PEFT}.lora_A.default.weight": torch.ones(2, 768),
            f"{PEFT}.lora_B.default.weight": torch.ones(8, 2),
        },
        "LoRA",
        "diffusers",
    ),
    "old diffusers": (
        {f"{PEFT}_lora.down.weight": torch.ones(2, 768), f"{PEFT}_lora.up.weight": torch.ones(8, 2)},
        "LoRA",
        "diffusers",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_loras_are_told_apart(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """LyCORIS and diffusers alike, by the names of their tensors, and each is printed without a fault."""
    tensors, name, naming = KINDS[kind]
    file = tmp_path / "x.safetensors"
    save_file(tensors, file)
    lora = lora_file.read(file)
    assert (lora.kind, lora.naming, lora.modules) == (name, naming, {"U-Net": 1})
    assert lora.ranks == (
        {} if name == "LoKr" else {tensors[next(iter(tensors))].shape[0] if name != "DoRA" else 4: 1}
    )
    assert main(["lora", "show", str(file)]) == 0
    assert f"kind        {name}, names as {naming} writes them" in capsys.readouterr().out


FAMILIES: dict[str, tuple[Tensors, dict[str, str], str | None]] = {
    "width 768": (pair(), {}, "SD 1.x"),
    "width 1024": (pair(width=1024), {}, "SD 2.x"),
    "width 2048": (pair(width=2048), {}, "SDXL"),
    "FLUX": (pair("lora_unet_double_blocks_0_img_attn_qkv", 3072), {}, "FLUX"),
    "FLUX of diffusers": (
        {"transformer.single_transformer_blocks.0.attn.to_k.lora_A.weight": torch.ones(2, 8)},
        {},
        "FLUX",
    ),
    "SD3": (pair("lora_unet_joint_blocks_0_context_block_attn_qkv", 1536), {}, "SD3"),
    "told by the trainer": (pair("lora_unet_mid"), {"ss_base_model_version": "sdxl_base_v1-0"}, "SDXL"),
    "told by modelspec": (pair("lora_unet_mid"), {"modelspec.architecture": "flux-1-dev/lora"}, "FLUX"),
    "tensors against metadata": (pair(), {"ss_base_model_version": "sdxl_base_v1-0"}, "SD 1.x"),
    "nobody tells": (pair("lora_unet_mid"), {"ss_base_model_version": "None"}, None),
}


@pytest.mark.parametrize("case", FAMILIES)
def test_the_family_is_told_by_tensors_and_then_by_metadata(case: str, tmp_path: Path) -> None:
    """A name or width that only one family has goes before what was written; else it is not guessed."""
    tensors, metadata, family = FAMILIES[case]
    save_file(tensors, tmp_path / "x.safetensors", metadata)
    assert lora_file.read(tmp_path / "x.safetensors").family == family


def test_what_is_no_lora_is_told_as_what_it_is(tmp_path: Path) -> None:
    """A pickle unopened, a text, a file that is not there, a whole checkpoint, and other tensors."""
    (tmp_path / "x.pt").write_bytes(b"\x80\x04.")
    (tmp_path / "text.safetensors").write_text("hello")
    checkpoint = {"conditioner.embedders.1.model.ln_final.weight": torch.ones(1)}
    save_file(checkpoint, tmp_path / "checkpoint.safetensors")
    save_file({"emb_params": torch.ones(1), "x.alpha": torch.ones(1)}, tmp_path / "other.safetensors")
    for name, words in [
        ("x.pt", "pickle"),
        ("text.safetensors", "no whole safetensors file"),
        ("none.safetensors", "no such file"),
        ("checkpoint.safetensors", "no LoRA but a whole SDXL checkpoint"),
        ("other.safetensors", "no LoRA but a file of other tensors"),
    ]:
        with pytest.raises(ModelFileError, match=words):
            lora_file.read(tmp_path / name)
    assert main(["lora", "show", str(tmp_path / "x.pt")]) == ModelFileError.exit_code


def test_metadata_that_are_no_json_are_nothing() -> None:
    """What others wrote into a file never breaks its telling."""
    told = story(
        {"ss_tag_frequency": "{", "ss_datasets": "7", "ss_steps": "many", "ss_training_finished_at": "x"}
    )
    assert (told.tags, told.resolution, told.steps, told.trained) == ({}, None, None, None)
    assert story({"ss_tag_frequency": '["a"]', "ss_datasets": '[{"resolution": 5}, 3]'}).tags == {}
