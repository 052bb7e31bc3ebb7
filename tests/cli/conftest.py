"""A small project on real media."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_project import PROJECT, make_video


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a project file, ten frames of video with sound, and four style pictures."""
    make_video(tmp_path / "street.mp4")
    (tmp_path / "style").mkdir()
    random = np.random.default_rng(0)
    for number in range(4):
        pixels = random.integers(0, 255, (80, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "style" / f"{number}.png")
    (tmp_path / "project.yaml").write_text(PROJECT)
    return tmp_path
