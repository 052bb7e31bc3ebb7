from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from orchestrator import safetensors_file
from orchestrator.errors import LoraError
from orchestrator.training.verify import verify

Tensors = dict[str, torch.Tensor]


def lora(module: str = "lora_unet_mid_block", dtype: torch.dtype = torch.float16) -> Tensors:
    return {
        f"{module}.alpha": torch.tensor(2.0, dtype=dtype),
        f"{module}.lora_down.weight": torch.randn(2, 8).to(dtype),
        f"{module}.lora_up.weight": torch.full((8, 2), 0.01, dtype=dtype),
    }


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_trained_lora_is_accepted(tmp_path: Path, dtype: torch.dtype) -> None:
    """Whole, finite and not zero: it becomes an artifact, known by the hash of its tensors."""
    file = tmp_path / "x.safetensors"
    save_file(lora(dtype=dtype) | lora("lora_te_text_model", dtype), file)
    weights = verify(file)
    assert weights.file == file
    assert weights.content_hash == safetensors_file.content_hash(file)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("part", ["lora_down.weight", "lora_up.weight", "alpha"])
def test_a_diverged_lora_is_refused(tmp_path: Path, part: str, value: float) -> None:
    """One NaN or infinity anywhere is found and named."""
    tensors = lora()
    tensors[f"lora_unet_mid_block.{part}"].view(-1)[-1] = value
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(LoraError, match=f"NaN or infinity, first in lora_unet_mid_block.{part}") as caught:
        verify(tmp_path / "x.safetensors")
    assert "learning_rate" in caught.value.remedy


def test_an_untrained_lora_is_refused(tmp_path: Path) -> None:
    """Up weights begin at zero; where all still are, nothing was learnt. One that is not is enough."""
    still = lora() | {"lora_unet_mid_block.lora_up.weight": torch.zeros(8, 2)}
    save_file(still, tmp_path / "x.safetensors")
    with pytest.raises(LoraError, match="nothing was learnt"):
        verify(tmp_path / "x.safetensors")
    save_file(still | lora("lora_unet_down"), tmp_path / "x.safetensors")
    verify(tmp_path / "x.safetensors")


@pytest.mark.parametrize("part", ["lora_down.weight", "lora_up.weight", "alpha"])
def test_a_module_with_a_part_missing_is_refused(tmp_path: Path, part: str) -> None:
    """The module and the part are named."""
    tensors = lora() | lora("lora_unet_down")
    del tensors[f"lora_unet_down.{part}"]
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(LoraError, match=f"lora_unet_down lacks .{part}"):
        verify(tmp_path / "x.safetensors")


def test_other_files_are_no_loras(tmp_path: Path) -> None:
    """Weights of another kind, a file cut short, and none at all."""
    file = tmp_path / "x.safetensors"
    with pytest.raises(LoraError, match="no such file"):
        verify(file)
    save_file({"model.weight": torch.ones(2)}, file)
    with pytest.raises(LoraError, match="holds no LoRA"):
        verify(file)
    save_file(lora(), file)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(LoraError, match="no whole safetensors file"):
        verify(file)
