"""What a training saved on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save_file

from orchestrator.training.candidates import candidates

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_was_cut_off_is_no_candidate(tmp_path: Path) -> None:
    """A trainer that is ended while it saves leaves half a file, or an empty one."""
    for step in (2, 4, 6):
        save_file({"x": np.full(8, step, np.float32)}, tmp_path / f"word-step{step:08d}.safetensors")
    whole = (tmp_path / "word-step00000004.safetensors").read_bytes()
    (tmp_path / "word-step00000004.safetensors").write_bytes(whole[:-9])
    (tmp_path / "word-step00000006.safetensors").write_bytes(b"")
    assert [each.step for each in candidates(tmp_path, "word", 5, {})] == [2]
