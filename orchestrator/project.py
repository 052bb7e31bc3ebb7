"""project.yaml: the settings of all capabilities, composed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, model_validator

from orchestrator import document
from orchestrator.dataset.settings import ReadyStyle, StyleSettings
from orchestrator.media.codecs import CODECS
from orchestrator.metrics.settings import ScoreSettings
from orchestrator.regions.settings import RegionSettings
from orchestrator.settings import InputPath, OutputPath, Settings
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.training.settings import TrainingSettings
from orchestrator.webui.settings import WebUIs, WebUISettings

_CLOCK = re.compile(r"(?:(?:(?P<hours>\d+):)?(?P<minutes>\d{1,2}):)?(?P<seconds>\d+(?:\.\d+)?)s?")


def _seconds(value: Any) -> Any:
    found = _CLOCK.fullmatch(str(value).strip()) if isinstance(value, (str, int, float)) else None
    if found is None or isinstance(value, bool):
        message = f"{value!r} is no time; write seconds such as 4s or 2.5s, or a clock time such as 1:02.5"
        raise ValueError(message)
    hours, minutes = int(found["hours"] or 0), int(found["minutes"] or 0)
    return Fraction(found["seconds"]) + 60 * minutes + 3600 * hours


Seconds = Annotated[
    Fraction,
    BeforeValidator(_seconds, json_schema_input_type=str | float),
    PlainSerializer(lambda seconds: f"{float(seconds)}s", str, when_used="json"),
    Field(description="seconds (4s, 2.5s) or a clock time (1:02.5)"),
]


_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
Name = Annotated[str, Field(pattern=_NAME, max_length=64)]


def _kind(value: Any) -> str:
    """Tell the member of the union by its key, so that a mistake inside it is told in its own terms."""
    ready = "lora" in value if isinstance(value, dict) else isinstance(value, ReadyStyle)
    return (ReadyStyle if ready else StyleSettings).__name__


FurtherStyle = Annotated[
    Annotated[StyleSettings, Tag(StyleSettings.__name__)] | Annotated[ReadyStyle, Tag(ReadyStyle.__name__)],
    Discriminator(_kind),
]


class SourceSettings(Settings):
    """What is restyled.

    Attributes:
        video: the source video.
        start: where the clip begins; the video's beginning when left out.
        end: where it ends, exclusive; the video's end when left out.
    """

    video: InputPath
    start: Seconds | None = None
    end: Seconds | None = None

    @model_validator(mode="after")
    def _has_length(self) -> SourceSettings:
        if self.end is not None and self.end <= (self.start or 0):
            message = (
                f"the clip ends at {float(self.end)} s, not after its start at {float(self.start or 0)} s"
            )
            raise ValueError(message)
        return self


class OutputSettings(Settings):
    """What comes out; report, scores and the LoRA are put beside the video.

    Attributes:
        video: the restyled video; its suffix chooses the container.
        also: further files of the same frames, such as `out/video.gif`, each in its suffix's own codec.
        codec: how it is compressed; when left out, h264 where the suffix allows it, else what it stands for.
        crf: quality, lower is better; the codec's own good default when left out; only h264, h265 and av1
            have one.
        audio: whether the source's sound is kept.
        frames: a folder that gets every frame as PNG, and `frames.ffconcat` with their times.
    """

    video: OutputPath = Path("out/video.mp4")
    also: tuple[OutputPath, ...] = ()
    codec: Literal["h264", "h265", "av1", "prores", "ffv1", "gif", "webp", "apng"] = "h264"
    crf: int | None = Field(default=None, ge=0, le=63)
    audio: Literal["keep", "none"] = "keep"
    frames: OutputPath | None = None

    @model_validator(mode="before")
    @classmethod
    def _codec_of_its_suffix(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "codec" in data:
            return data
        suffix = Path(str(data.get("video", ""))).suffix
        fitting = [name for name, codec in CODECS.items() if suffix in codec.containers]
        return {**data, "codec": fitting[0]} if fitting else data

    @model_validator(mode="after")
    def _suits_its_codec(self) -> OutputSettings:
        suffixes = CODECS[self.codec].containers
        if self.video.suffix not in suffixes:
            message = f"{self.codec} goes into {', '.join(suffixes)}, not into '{self.video.name}'"
            raise ValueError(message)
        if self.crf is not None and CODECS[self.codec].crf is None:
            message = f"{self.codec} has no crf; leave it out"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _are_different_files(self) -> OutputSettings:
        known = {suffix for codec in CODECS.values() for suffix in codec.containers}
        for path in self.also:
            if path.suffix not in known:
                message = f"'{path.name}' is no video; write a file with one of {', '.join(sorted(known))}"
                raise ValueError(message)
        if len({self.video, *self.also}) <= len(self.also):
            message = "two of the files have one name"
            raise ValueError(message)
        return self

    @property
    def further(self) -> tuple[OutputSettings, ...]:
        """The settings of each further file."""
        return tuple(OutputSettings(video=path, audio=self.audio) for path in self.also)


class Project(Settings):
    """One job: a video, a style, and how the one becomes the other.

    Attributes:
        name: names the LoRA; letters, digits, `-` and `_`.
        source: the video.
        style: where the style comes from.
        styles: further styles by name, for segments and regions; each has a LoRA of its own.
        training: how the LoRA is trained.
        webui: what paints: an address, what is to be said of one WebUI, or a list of these.
        stylize: how it paints.
        regions: where the style applies, the later ones over the earlier; everywhere when there are none, and
            else the source stays around them.
        score: what is measured.
        output: what comes out.
    """

    name: Name
    source: SourceSettings
    style: StyleSettings
    styles: Mapping[Name, FurtherStyle] = Field(default_factory=dict)
    training: TrainingSettings = TrainingSettings()
    webui: WebUIs = (WebUISettings(),)
    stylize: StylizeSettings
    regions: tuple[RegionSettings, ...] = ()
    score: ScoreSettings = ScoreSettings()
    # made anew from nothing, so that its path is taken from the file's folder
    output: OutputSettings = Field(default={}, validate_default=True)

    @model_validator(mode="after")
    def _one_background(self) -> Project:
        models = {region.paste.lama for region in self.regions if region.paste is not None}
        if len(models) > 1:
            message = "all that is pasted stands before one background: write the same `lama` in each `paste`"
            raise ValueError(message)
        return self


def load(path: Path) -> Project:
    """Read a project file.

    Raises:
        ProjectError: all that is wrong with it, each with its place.
    """
    return document.read(path, Project)
