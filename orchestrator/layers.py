"""The layers of a video: each stretch or region that is painted in a look of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.errors import ProjectError
from orchestrator.stylization.schedule import segments as schedule
from orchestrator.stylization.schedule.schedule import Schedule
from orchestrator.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.media.clip import Clip
    from orchestrator.project import Project
    from orchestrator.regions.settings import RegionSettings
    from orchestrator.stylization.schedule.segments import Segment
    from orchestrator.stylization.settings import StylizeSettings


@dataclass(frozen=True)
class Layer:
    """Some frames in a row, painted in one look.

    Attributes:
        name: of the stage that paints it.
        style: the name of the style whose LoRA acts; None for the project's own.
        trigger: the word that calls the style up.
        lora: the LoRA's name in a WebUI, but for its version.
        settings: how it is painted.
        frames: which.
    """

    name: str
    style: str | None
    trigger: str
    lora: str
    settings: StylizeSettings
    frames: range


def timeline(clip: Clip) -> Timeline:
    """Return when a clip's frames are shown."""
    return Timeline(clip.times, clip.fps)


def own(project: Project, frames: range, name: str = "stylize") -> Layer:
    """Return the layer of a project in which nothing differs from stretch to stretch."""
    return _layer(project, name, None, frames, {})


def of_segments(project: Project, times: Timeline) -> tuple[Layer, ...]:
    """Return one layer a segment, with the frames that show it, wholly or in a fade; else a single one.

    Raises:
        ProjectError: the segments do not fit the clip, or name a style that is not there.
    """
    segments = project.stylize.segments
    if not segments:
        return (own(project, range(times.count)),)
    schedule.check(segments, times, name="stylize.segments")
    return tuple(
        _of_segment(project, number, segment, frames)
        for number, (segment, frames) in enumerate(
            zip(segments, schedule.shown(segments, times), strict=True)
        )
    )


def of_region(project: Project, number: int, region: RegionSettings, count: int) -> Layer | None:
    """Return the layer of a region with a look of its own; None for one that shows the project's."""
    numbers = {"strength": region.strength, "lora_weight": region.lora_weight}
    scheduled = {name: None if value is None else Schedule.of(value) for name, value in numbers.items()}
    said = {"prompt": region.prompt, **scheduled}
    if region.style is None and all(value is None for value in said.values()):
        return None
    name, where = f"stylize-region-{number + 1}", f"regions.{number}.style"
    return _layer(project, name, region.style, range(count), said, where)


def _of_segment(project: Project, number: int, segment: Segment, frames: range) -> Layer:
    said = {
        "prompt": segment.prompt,
        "negative_prompt": segment.negative_prompt,
        "strength": segment.strength,
        "lora_weight": segment.lora_weight,
        "payload": segment.payload,
    }
    return _layer(
        project, f"stylize-{number + 1}", segment.style, frames, said, f"stylize.segments.{number}.style"
    )


def _layer(
    project: Project, name: str, style: str | None, frames: range, said: dict[str, Any], where: str = ""
) -> Layer:
    if style is not None and style not in project.styles:
        raise ProjectError(
            f"there is no style '{style}'",
            where=where,
            remedy=f"`styles` names {', '.join(project.styles)}."
            if project.styles
            else "Add it to `styles`.",
        )
    changed = {key: value for key, value in said.items() if value is not None}
    settings = project.stylize.model_copy(update={"segments": (), **changed})
    captions = (project.style if style is None else project.styles[style]).captions
    lora = project.name if style is None else f"{project.name}-{style}"
    return Layer(name, style, captions.trigger, lora, settings, frames)


@dataclass(frozen=True)
class Arrangement:
    """Which layers there are, and where each shows.

    Attributes:
        layers: all that are painted.
        mixed: how many of them, from the first on, follow one another in time as the project's own look.
        regions: for each region the place of its layer; None where it shows the project's own look.
    """

    layers: tuple[Layer, ...]
    mixed: int
    regions: tuple[int | None, ...]

    @property
    def plain(self) -> bool:
        """Whether what is painted is the result: one layer, everywhere."""
        return len(self.layers) == 1 and not self.regions

    @property
    def styles(self) -> Iterator[str]:
        """The styles that act in a layer, each once, beside the project's own."""
        yield from dict.fromkeys(layer.style for layer in self.layers if layer.style is not None)


def arranged(project: Project, times: Timeline) -> Arrangement:
    """Return the layers of a project over a clip.

    Raises:
        ProjectError: as `of_segments`; or no region shows the segments.
    """
    regional = [of_region(project, *each, times.count) for each in enumerate(project.regions)]
    mixed = of_segments(project, times) if None in regional or not regional else ()
    if project.stylize.segments and not mixed:
        raise ProjectError(
            "nothing shows the segments, since every region has a look of its own",
            where="stylize.segments",
            remedy="Leave them out, or add a region that says only `where`.",
        )
    layers, places = list(mixed), list[int | None]()
    for layer in regional:
        places.append(None if layer is None else len(layers))
        layers.extend([] if layer is None else [layer])
    return Arrangement(tuple(layers), len(mixed), tuple(places))
