"""The page that shows what was made and how good it is."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from orchestrator import __version__, files
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.publish import places
from orchestrator.settings import FOLDER
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from orchestrator.artifacts import LoraWeights, Measurements, Preview
    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.report.data import Figure, Film, Still
    from orchestrator.stages.source import Source

_PAGE = "report.html"
_PACKAGES = ("torch", "diffusers", "peft", "transformers", "numpy", "opencv-python-headless", "av")
# what changes nothing on the page, so that a change of it makes no new one; it holds the only secret, too
_NOT_SHOWN: Mapping[str, Any] = {
    "output": True,
    "score": {"device"},
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
        measure: their figures.
    """
    settings = _shown(project, folder)
    place = places(project).report

    def build(folder: Path, made: Made, progress: Progress) -> None:
        del progress
        from orchestrator.report.data import Repeat, ReportData
        from orchestrator.report.render import as_yaml, render

        before, after = map(made, previews)
        lora = made(train)
        data = ReportData(
            title=project.name,
            film=_film(source.clip, before, after, place, made(shots)),
            figures=tuple(_figures(before, after, made(measure))),
            losses=lora.losses,
            repeat=Repeat(
                command="orchestrate run project.yaml",
                settings=as_yaml(settings),
                facts={
                    "Hashes (SHA-256)": {**hashes, "LoRA (sshs_model_hash)": lora.content_hash},
                    "Versions": _versions(),
                },
            ),
        )
        files.write_bytes(folder / _PAGE, render(data).encode())

    # a page refers to films that are too large to be in it, so its place matters
    content = {
        "settings": settings,
        "place": os.path.relpath(place, folder.resolve()),
        "source": source.content,
    }
    return Stage("report", 2, content, (shots, train, *previews, measure), build, load)


def load(folder: Path) -> Path:
    """Return the page."""
    return folder / _PAGE


def _film(clip: Clip, before: Preview, after: Preview, place: Path, cuts: tuple[int, ...]) -> Film:
    from orchestrator.report.data import Film
    from orchestrator.report.embedding import films

    source, result = films(before.film, after.film, place)
    return Film(source, result, clip.size, clip.fps, clip.count, cuts)


def _figures(before: Preview, after: Preview, measurements: Measurements) -> Iterator[Figure]:
    from orchestrator.metrics.table import METRICS
    from orchestrator.report.data import Figure
    from orchestrator.report.standouts import standouts

    for name, metric in METRICS.items():
        if name not in measurements.frames:
            continue
        values = measurements.frames[name]
        worst, best = (
            tuple(_still(before, after, index, values[index]) for index in indices)
            for indices in standouts(values, metric.better)
        )
        yield Figure(
            name=name,
            label=metric.label,
            unit=metric.unit,
            better=metric.better,
            paper=metric.paper,
            values=values,
            mean=measurements.means.get(name),
            worst=worst,
            best=best,
        )


def _still(before: Preview, after: Preview, index: int, value: float | None) -> Still:
    from orchestrator.report.data import Still

    return Still(index, value or 0.0, before.still(index).read_bytes(), after.still(index).read_bytes())


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
