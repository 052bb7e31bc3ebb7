"""What a report says, before anybody thinks of how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Film:
    """The two clips that are compared; frame i of one belongs to frame i of the other.

    Attributes:
        source: where the page finds the source: a data URI or an address relative to the page.
        result: the same for the restyled clip.
        size: width and height in pixels.
        fps: frames per second.
        frames: how many each has.
        cuts: indices of the frames that begin a new shot.
        times: when each frame begins and when the last one ends, in seconds; empty where all are shown for
            the same time.
    """

    source: str
    result: str
    size: tuple[int, int]
    fps: Fraction
    frames: int
    cuts: tuple[int, ...] = ()
    times: tuple[float, ...] = ()


@dataclass(frozen=True)
class Still:
    """One frame of both clips.

    Attributes:
        frame: its index.
        source: a small picture of it, as a WebP file.
        result: likewise.
        value: the figure it stands out by, if it does.
    """

    frame: int
    source: bytes
    result: bytes
    value: float | None = None


@dataclass(frozen=True)
class Picture:
    """A picture that is told about by its name.

    Attributes:
        name: what it shows, in a few words.
        file: as a WebP file.
    """

    name: str
    file: bytes


@dataclass(frozen=True)
class Figure:
    """One metric over the clip.

    Attributes:
        name: its short name, unique on the page.
        label: its name for people, with net and version where it has them.
        unit: what one unit of it is; empty for an index that has none.
        better: which direction is the better one.
        paper: who defined it.
        values: its figure for each frame; None where it has none.
        mean: over the frames that have a figure; None if none has.
        worst: frames that stand out, the worst first.
        best: frames that stand out, the best first.
    """

    name: str
    label: str
    unit: str
    better: Better
    paper: str
    values: tuple[float | None, ...]
    mean: float | None
    worst: tuple[Still, ...] = ()
    best: tuple[Still, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """Everything needed to make the same again.

    Attributes:
        command: what to type.
        settings: the settings that decide what the page shows, as YAML; no secrets.
        facts: under headings such as `Seeds`, `Hashes` and `Versions`: name and value.
    """

    command: str
    settings: str
    facts: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class ReportData:
    """A whole report.

    Attributes:
        title: the run's name.
        film: the two clips.
        figures: what was measured, in the order to be shown.
        losses: (step, moving average of the loss) of the training; empty if nothing was trained.
        repeat: how to make the same again.
        sheet: frames spread evenly over the clip, in the order of time.
        samples: what the trainer painted on its way.
        regions: where in the picture each region lies, at one frame.
    """

    title: str
    film: Film
    figures: tuple[Figure, ...]
    losses: tuple[tuple[int, float], ...]
    repeat: Repeat
    sheet: tuple[Still, ...] = ()
    samples: tuple[Picture, ...] = ()
    regions: tuple[Picture, ...] = ()
