"""Looks that follow one another, with cross-fades: prompts, LoRAs and payloads by segments of time."""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from orchestrator.errors import ProjectError
from orchestrator.settings import Settings
from orchestrator.stylization.payload_name import PayloadName
from orchestrator.stylization.schedule.schedule import Schedule, within
from orchestrator.timeline import Moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.timeline import Timeline


class Segment(Settings):
    """A look, and when it begins; whatever it leaves out is as in `stylize`.

    Its schedules run in the time of the whole clip.

    Attributes:
        from_: when it begins to come in; `from` in project.yaml. The first segment's look also stands before.
        fade: over how long it replaces the look before; so many frames show both.
        prompt: what to paint.
        negative_prompt: what to avoid.
        style: the name of one of the project's `styles`, whose LoRA acts; the project's own when left out.
        strength: how much is painted anew.
        lora_weight: how strongly the LoRA acts.
        payload: a preset, or the path of a `.yaml` of one's own.
    """

    from_: Moment = Field(alias="from")
    fade: Moment = Field(default="0 frames", validate_default=True)
    prompt: str | None = None
    negative_prompt: str | None = None
    style: str | None = None
    strength: Annotated[Schedule, within(0, 1)] | None = None
    lora_weight: Annotated[Schedule, within(-4, 4)] | None = None
    payload: PayloadName | None = None


class Share(NamedTuple):
    """How much of a segment's look a frame shows, more than 0 and at most 1."""

    weight: float
    segment: Segment


def shares(frame: int, segments: Sequence[Segment], timeline: Timeline) -> tuple[Share, ...]:
    """Return what a frame shows: one look, or two during a cross-fade; the weights sum to 1.

    A fade of n frames has n mixed frames, in equal steps between the whole looks on both sides.

    Args:
        frame: its index.
        segments: at least one, as `check` approves them.
        timeline: the clip's.
    """
    begun = [segment for segment in segments if segment.from_.position(timeline) <= frame]
    if len(begun) < 2:  # noqa: PLR2004 - a fade has two sides
        return (Share(1.0, segments[0]),)
    before, now = begun[-2:]
    passed = frame - now.from_.position(timeline)
    weight = float((passed + 1) / (now.fade.length(timeline) + 1))
    return (Share(1.0, now),) if weight >= 1 else (Share(1 - weight, before), Share(weight, now))


def shown(segments: Sequence[Segment], timeline: Timeline) -> tuple[range, ...]:
    """Return for each segment the frames that show it, wholly or in a fade.

    Args:
        segments: at least one, in the order of time.
        timeline: the clip's.
    """
    begins = [segment.from_.position(timeline) for segment in segments]
    ends = (place + each.fade.length(timeline) for place, each in zip(begins[1:], segments[1:], strict=True))
    starts, stops = (0, *map(ceil, begins[1:])), (*map(ceil, ends), timeline.count)
    return tuple(range(start, min(stop, timeline.count)) for start, stop in zip(starts, stops, strict=True))


def check(segments: Sequence[Segment], timeline: Timeline, *, name: str) -> None:
    """Look whether segments fit a clip.

    Args:
        segments: in the order of the settings.
        timeline: the clip's.
        name: of the setting, for messages.

    Raises:
        ProjectError: they do not ascend, one begins after the clip's end or ends before it shows in a frame,
            or a fade outlasts its segment.
    """
    places = [segment.from_.position(timeline) for segment in segments]
    for number, (before, after) in enumerate(pairwise(places), start=1):
        if after <= before:
            raise _complaint(segments, number, name, "it begins no later than the one before it")
    for number, (place, segment) in enumerate(zip(places, segments, strict=True)):
        if place > timeline.count - 1:
            what = f"it begins after the clip's last frame, {timeline.count - 1}"
            raise _complaint(segments, number, name, what)
        end = place + segment.fade.length(timeline)
        if number and number + 1 < len(segments) and end > places[number + 1]:
            what = f"its fade lasts until frame {float(end):g}, when the next one has begun"
            raise _complaint(segments, number, name, what)
    for number, frames in enumerate(shown(segments, timeline)):
        if not frames:
            raise _complaint(segments, number, name, "the next one begins before any frame shows it")


def mixed_frames(segments: Sequence[Segment], timeline: Timeline) -> tuple[int, ...]:
    """Return the frames that show two looks, and are painted twice."""
    counts = ((frame, len(shares(frame, segments, timeline))) for frame in range(timeline.count))
    return tuple(frame for frame, count in counts if count > 1)


def _complaint(segments: Sequence[Segment], number: int, name: str, what: str) -> ProjectError:
    return ProjectError(
        f"the segment from {segments[number].from_}: {what}",
        where=f"{name}.{number}",
        remedy="Put segments in the order of time, within the clip, with fades shorter than they are.",
    )
