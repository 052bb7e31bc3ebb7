"""The script follows from the base model's own tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from orchestrator.errors import ModelFileError
from orchestrator.training.family import missing_files, read_family

NAMES = {
    "SD 1.x": "cond_stage_model.transformer.text_model.embeddings.position_ids",
    "SD 2.x": "cond_stage_model.model.ln_final.weight",
    "SDXL": "conditioner.embedders.1.model.ln_final.weight",
    "FLUX": "double_blocks.0.img_attn.qkv.weight",
    "SD3": "model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight",
}
SCRIPTS = {
    "SD 1.x": "train_network.py",
    "SD 2.x": "train_network.py",
    "SDXL": "sdxl_train_network.py",
    "FLUX": "flux_train_network.py",
    "SD3": "sd3_train_network.py",
}


def checkpoint(folder: Path, *names: str) -> Path:
    file = folder / "model.safetensors"
    unet = "model.diffusion_model.input_blocks.0.0.weight"
    save_file({name: np.zeros(1, np.float16) for name in (*names, unet)}, file)
    return file


@pytest.mark.parametrize("name", NAMES)
def test_each_family_is_known_by_its_tensors(name: str, tmp_path: Path) -> None:
    """SD 1.x, SD 2.x, SDXL, FLUX (with and without the usual prefix) and SD3 each lead to their script."""
    family = read_family(checkpoint(tmp_path, NAMES[name]))
    assert (family.name, family.script) == (name, SCRIPTS[name])
    prefixed = checkpoint(tmp_path, f"model.diffusion_model.{NAMES['FLUX']}")
    assert read_family(prefixed).name == "FLUX"


def test_what_is_no_whole_checkpoint_is_refused(tmp_path: Path) -> None:
    """A LoRA, a bare U-Net or SDXL's refiner, whose text encoder is another, cannot be trained on."""
    for names in [("lora_unet_x.alpha",), (), ("conditioner.embedders.0.model.ln_final.weight",)]:
        with pytest.raises(ModelFileError, match="tensors are those of no"):
            read_family(checkpoint(tmp_path, *names))
    with pytest.raises(ModelFileError, match="folder"):
        read_family(tmp_path)


def test_each_family_needs_its_own_files(tmp_path: Path) -> None:
    """FLUX always needs three files; SD3 only those text encoders that its checkpoint does not hold."""
    flux = checkpoint(tmp_path, NAMES["FLUX"])
    assert missing_files(read_family(flux), flux, ["clip_l"]) == ["ae", "t5xxl"]
    sd3 = checkpoint(tmp_path, NAMES["SD3"], "text_encoders.clip_l.x", "text_encoders.clip_g.x")
    assert missing_files(read_family(sd3), sd3, []) == ["t5xxl"]
    sd1 = checkpoint(tmp_path, NAMES["SD 1.x"])
    assert missing_files(read_family(sd1), sd1, []) == []
