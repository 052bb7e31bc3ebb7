"""suite.yaml: what both LoRAs paint, and by how much the new one may be worse."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from orchestrator.gate.drift import DRIFT
from orchestrator.settings import FOLDER, InputPath, Settings
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEEDS_OF_DRIFT = 2

MetricName = TypeVar("MetricName", bound=str)

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
Side = Annotated[int, Field(ge=64, le=4096, multiple_of=8)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Tolerance = Annotated[float, Field(gt=0)]


class ClipSettings(Settings):
    """A stretch of a video.

    Take each from another shot: clips are the evidence, and two of one shot are hardly more than one.

    Attributes:
        video: where it is cut from.
        start: index of its first frame in the video.
        frames: how many frames it has.
        every: how far apart they are; 1 takes each, which metrics over time want.
    """

    video: InputPath
    start: int = Field(default=0, ge=0)
    frames: int = Field(default=1, ge=1, le=1000)
    every: int = Field(default=1, ge=1)

    @property
    def stop(self) -> int:
        """Index in the video of the frame after its last one."""
        return self.start + (self.frames - 1) * self.every + 1


class PaintSettings(Settings):
    """How both LoRAs paint.

    Attributes:
        size: width and height of the pictures, multiples of 8; frames are scaled to fill them and cut at the
            middle.
        prompt: what to paint.
        payload: a preset of `webui_payloads/`, or the path of a `.yaml` of one's own.
        negative_prompt: what to avoid; the payload's when left out.
        strength: how much is painted anew, 0 nothing to 1 everything; the payload's when left out.
        lora_weight: how strongly the LoRAs act.
    """

    size: tuple[Side, Side]
    prompt: str
    payload: str = "img2img-style"
    negative_prompt: str | None = None
    strength: float | None = Field(default=None, ge=0, le=1)
    lora_weight: float = Field(default=1.0, ge=-4, le=4)

    @field_validator("payload")
    @classmethod
    def _own_payload_beside_the_file(cls, payload: str, info: ValidationInfo) -> str:
        if not payload.endswith(".yaml"):
            return payload
        folder = Path(info.context[FOLDER]) if info.context and FOLDER in info.context else Path()
        return str((folder / Path(payload).expanduser()).absolute())


class Suite(Settings, Generic[MetricName]):
    """What is painted and measured. Its type argument holds the names of the metrics that there are.

    Attributes:
        name: under which its results and its history are kept.
        clips: stretches of videos, by name.
        pictures: single pictures, by name; each is a clip of one frame.
        seeds: each clip is painted with noise from each of them; see `noise_seed`.
        paint: how.
        metrics: for each, the smallest effect that matters, in its own unit; `drift` is how far the pictures
            moved from the baseline's.
        confidence: of the verdict and the intervals.
        pin: the digest that the suite must have, so that nobody changes its media unseen.
        style: a video, folder or picture of the style, for metrics that compare with it; 24 pictures at most
            are looked at, spread evenly.
        weights: files of networks that metrics need, by the network's name.
        base_model: what the embedded WebUI paints with.
        webui: what paints.
    """

    name: Name
    clips: dict[Name, ClipSettings] = Field(default={})
    pictures: dict[Name, InputPath] = Field(default={})
    seeds: tuple[Seed, ...] = Field(default=(1,), min_length=1)
    paint: PaintSettings
    metrics: dict[MetricName, Tolerance] = Field(min_length=1)
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    pin: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    style: InputPath | None = None
    weights: dict[Name, InputPath] = Field(default={})
    base_model: str = "pocket"
    webui: WebUISettings = WebUISettings()

    @field_validator("seeds")
    @classmethod
    def _each_once(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("each seed can be named once")
        return seeds

    @model_validator(mode="after")
    def _is_evidence(self) -> Suite[MetricName]:
        if twice := {*self.clips} & {*self.pictures}:
            raise ValueError(f"'{min(twice)}' names both a clip and a picture")
        for first, second in _neighbours(self.clips):
            if self.clips[second].start < self.clips[first].stop:
                raise ValueError(
                    f"the clips '{first}' and '{second}' overlap: the same frames twice are no more evidence"
                )
        if len(set(self.pictures.values())) < len(self.pictures):
            raise ValueError("a picture is named twice: the same picture twice is no more evidence")
        if DRIFT in self.metrics and len(self.seeds) < _SEEDS_OF_DRIFT:
            raise ValueError("drift needs two seeds at least: what changes with the seed is no drift")
        self._check_enough()
        return self

    @property
    def lengths(self) -> dict[str, int]:
        """How many frames each clip has, by its name; pictures have one."""
        return {name: clip.frames for name, clip in self.clips.items()} | dict.fromkeys(self.pictures, 1)

    @property
    def alpha(self) -> float:
        """The one-sided error that is allowed."""
        return (1 - self.confidence) / 2

    def _check_enough(self) -> None:
        from orchestrator.gate.power import fewest

        least, there = fewest(self.alpha / len(self.metrics)), len(self.lengths)
        if there < least:
            raise ValueError(
                f"{there} clips and pictures can decide nothing: with {len(self.metrics)} metrics and a"
                f" confidence of {self.confidence:g}, {least} is the least that can"
            )


def _neighbours(clips: dict[str, ClipSettings]) -> Iterator[tuple[str, str]]:
    """Yield the names of clips that follow each other in one video."""
    order = sorted(clips, key=lambda name: (str(clips[name].video), clips[name].start))
    for first, second in pairwise(order):
        if clips[first].video == clips[second].video:
            yield first, second
