"""A small project on real media."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import make_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a project file, ten frames of video with sound, and four style pictures."""
    return make_project(tmp_path)
