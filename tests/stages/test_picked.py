"""What there is to pick from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from orchestrator.stages.picked import from_files


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """Versions of a LoRA often lie in a folder each; a name that is there once stays short."""
    files = [tmp_path / f"{name}.safetensors" for name in ("v1/style", "v2/style", "v2/other")]
    for size, file in enumerate(files, start=1):
        file.parent.mkdir(exist_ok=True)
        save_file({"lora_unet_mid_block.alpha": np.full(size, size, np.float32)}, file)
    names = [each.name for each in from_files(files)]
    assert names == [f"{tmp_path}/v1/style", f"{tmp_path}/v2/style", "other"]
