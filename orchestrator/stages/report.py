"""The page that shows what was made and how good it is."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator import __version__, files
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.publish import places
from orchestrator.settings import FOLDER
from orchestrator.training.settings import SECRETS
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence, LoraWeights, Measurements, Preview
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.source import Source

_PAGE = "report.html"
_PACKAGES = ("torch", "diffusers", "peft", "transformers", "numpy", "opencv-python-headless", "av")
# what changes nothing on the page, so that a change of it makes no new one; it holds all secrets, too
_NOT_SHOWN: Mapping[str, Any] = {
    "output": True,
    "score": {"device"},
    "training": {"overrides": set(SECRETS)},
    "webui": {"__all__": set(WebUISettings.model_fields) - {"url", "checkpoint"}},
}


def report(
    project: Project,
    folder: Path,
    hashes: Mapping[str, str],
    source: Source,
    shots: Stage[tuple[int, ...]],
    train: Stage[LoraWeights],
    previews: tuple[Stage[Preview], Stage[Preview]],
    measure: Stage[Measurements],
    *,
    masks: Mapping[str, Stage[FrameSequence]] = MappingProxyType({}),
) -> Stage[Path]:
    """Return the stage whose artifact is the page.

    Args:
        project: what it reports on.
        folder: the project's.
        hashes: SHA-256 of what the project is made from, by what it is.
        source: the frames that were painted over.
        shots: where shots begin.
        train: the LoRA.
        previews: of the source and of the result.
        measure: figures of the result.
        masks: of the regions that it was painted in, by their names; white is inside.
    """
    settings = _shown(project, folder)
    place = places(project).report

    def build(folder: Path, made: Made, progress: Progress) -> None:
        del progress
        from orchestrator.report.data import Repeat, ReportData
        from orchestrator.report.render import as_yaml, render
        from orchestrator.stages.findings import figures, film, painted_on_the_way, regions, scored, sheet

        lora, shown = made(train), (made(previews[0]), made(previews[1]))
        data = ReportData(
            title=project.name,
            film=film(source.clip, shown, place, made(shots)),
            figures=tuple(figures(made(measure), shown)),
            losses=lora.losses,
            repeat=Repeat(
                command="orchestrate run project.yaml",
                settings=as_yaml(settings),
                facts={
                    "Hashes (SHA-256)": {**hashes, "LoRA (sshs_model_hash)": lora.content_hash},
                    "Versions": _versions(),
                },
            ),
            sheet=sheet(source.clip.count, shown),
            samples=painted_on_the_way(lora.samples),
            regions=(
                *regions({name: made(each) for name, each in masks.items()}, shown[0]),
                *scored(project.score, source.clip.count, shown[0]),
            ),
        )
        files.write_bytes(folder / _PAGE, render(data).encode())

    # a page refers to films that are too large to be in it, so its place matters
    content = {
        "settings": settings,
        "place": os.path.relpath(place, folder.resolve()),
        "source": source.content,
    }
    return Stage("report", 3, content, (shots, train, *previews, measure, *masks.values()), build, load)


def load(folder: Path) -> Path:
    """Return the page."""
    return folder / _PAGE


def _shown(project: Project, folder: Path) -> dict[str, Any]:
    return project.model_dump(
        mode="json", by_alias=True, exclude_none=True, exclude=dict(_NOT_SHOWN), context={FOLDER: folder}
    )


def _versions() -> dict[str, str]:
    from importlib import metadata

    found = {"orchestrate": __version__, "Python": platform.python_version()}
    for name in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
