"""A few frames in several ways, by a WebUI on a real socket."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from lying_studio import Studio
from lying_webui import running
from repaint_run import PROJECT, prepare

from orchestrator import document
from orchestrator.artifacts import LoraWeights
from orchestrator.errors import ProjectError
from orchestrator.layers import own
from orchestrator.media import pictures
from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.progress import Silent
from orchestrator.project import Project
from orchestrator.safetensors_file import content_hash
from orchestrator.stages.preview import Cell, Preview, due, paint
from orchestrator.stages.source import Source
from orchestrator.stylization.variants import variants


def preview(folder: Path, url: str, *, lora: bool = True, native: int | None = None) -> Preview:
    project = document.parse(PROJECT.format(url=url, mode="off"), Project, name="project.yaml", folder=folder)
    file = folder / "trained.safetensors"
    weights = LoraWeights(file, content_hash(file)) if lora else None
    source = Source(cut(probe(folder / "street.mkv"), None, None), "x")
    layer = own(project, range(source.clip.count))
    return Preview(project, folder, source, layer, "model", weights, native)


def cells(of: Preview, frames: Sequence[int], **asked: Sequence[float]) -> list[Cell]:
    rows, columns = variants(of.own(0), asked, lora=of.lora is not None)
    return [of.cell(index, row | column) for index in frames for row in rows for column in columns]


def test_each_cell_is_painted_once_and_kept(tmp_path: Path) -> None:
    """What differs in frame, strength, weight or steps is another picture; none is painted twice."""
    prepare(tmp_path, tmp_path / "loras")
    studio = Studio(tmp_path / "loras")
    with running(studio) as server:
        of = preview(tmp_path, server.url)
        tried = cells(of, (3, 8), strength=(0.3, 0.8), lora_weight=(0.5, 1.0), steps=(20, 30))
        assert len(due(tried)) == 16
        paint(of, due(tried), Silent())
        shown = [pictures.read(cell.file) for cell in tried]
        assert len({picture.tobytes() for picture in shown}) == 16
        assert {picture.shape for picture in shown} == {(64, 64, 3)}
        assert due(cells(of, (8, 3), strength=(0.8,), lora_weight=(1.0,), steps=(30,))) == []
        again = cells(of, (3, 8), strength=(0.3, 0.9), lora_weight=(0.5, 1.0), steps=(20, 30))
        assert len(due(again)) == 8
        other = cells(preview(tmp_path, server.url, lora=False), (3, 8), strength=(0.3, 0.8))
        assert len(due(other)) == 4


def test_a_preview_paints_what_a_run_would(tmp_path: Path) -> None:
    """At the model's own size, with the project's own numbers."""
    prepare(tmp_path, tmp_path / "loras")
    with running(Studio(tmp_path / "loras")) as server:
        of = preview(tmp_path, server.url, native=32)
        (cell,) = tried = cells(of, (3,), strength=(of.own(3)["strength"],))
        paint(of, tried, Silent())
    assert of.sizes.requested == (32, 32)
    assert pictures.read(cell.file).shape == (64, 64, 3)
    assert (cell.look.seed, cell.look.lora_weight, cell.look.prompt) == (1, 1.0, "t style")
    assert np.ptp(pictures.read(cell.file)) > 0


def test_a_value_that_cannot_be_is_told(tmp_path: Path) -> None:
    """Before any WebUI is asked."""
    prepare(tmp_path, tmp_path / "loras")
    with pytest.raises(ProjectError, match=r"stylize\.cfg_scale.*not 99"):
        preview(tmp_path, "http://127.0.0.1:9").cell(0, {"cfg_scale": 99})
