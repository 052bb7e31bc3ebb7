"""Times as settings have them, frames, seconds or percent, and the frames that they mean in a clip."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator

Unit = Literal["frames", "s", "%"]

_FORM = re.compile(r"(?P<amount>\d+(?:\.\d+)?)\s*(?P<unit>frames?|f|ms|s|%)?")
_UNITS: dict[str | None, tuple[Unit, Fraction]] = {
    None: ("frames", Fraction(1)),
    "f": ("frames", Fraction(1)),
    "frame": ("frames", Fraction(1)),
    "frames": ("frames", Fraction(1)),
    "s": ("s", Fraction(1)),
    "ms": ("s", Fraction(1, 1000)),
    "%": ("%", Fraction(1)),
}


@dataclass(frozen=True)
class Timeline:
    """When a clip's frames are shown.

    Attributes:
        times: of each frame, in seconds from the first one, ascending; at least one.
        fps: frames per second, the mean where the rate varies.
    """

    times: tuple[Fraction, ...]
    fps: Fraction

    @classmethod
    def even(cls, count: int, fps: Fraction | int) -> Timeline:
        """Return the timeline of `count` frames at a constant rate."""
        return cls(tuple(Fraction(index) / fps for index in range(count)), Fraction(fps))

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.times)

    def frame_at(self, seconds: Fraction) -> Fraction:
        """Return the frame shown at a time; between two frames a broken number."""
        index = bisect_right(self.times, seconds) - 1
        if index < 0 or index + 1 == self.count:
            return max(index, 0) + (seconds - self.times[index]) * self.fps
        here, there = self.times[index : index + 2]
        return index + (seconds - here) / (there - here)


@dataclass(frozen=True)
class Time:
    """A point of time, or a length of time, in one of three units.

    Attributes:
        amount: of the unit, not negative.
        unit: `frames`, `s` (seconds) or `%` (of the clip).
    """

    amount: Fraction
    unit: Unit = "frames"

    def position(self, timeline: Timeline) -> Fraction:
        """Return the frame that it means, 0 being the first; 100 % is the last frame."""
        if self.unit == "s":
            return timeline.frame_at(self.amount)
        return self.amount * (timeline.count - 1) / 100 if self.unit == "%" else self.amount

    def length(self, timeline: Timeline) -> Fraction:
        """Return how many frames long it is; 100 % is the whole clip."""
        if self.unit == "s":
            return self.amount * timeline.fps
        return self.amount * timeline.count / 100 if self.unit == "%" else self.amount

    def __str__(self) -> str:
        exact = Decimal(repr(float(self.amount))).normalize()
        return f"{exact:f}{' frames' if self.unit == 'frames' else self.unit}"


def parsed(value: Any) -> Time:
    """Read a time: `30`, `30 frames`, `1.5s`, `400ms` or `50%`.

    Raises:
        ValueError: it is none; the message says what may be written.
    """
    if isinstance(value, Time):
        return value
    plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    found = _FORM.fullmatch(str(value).strip()) if plain else None
    if found is None:
        message = f"{value!r} is no time; write frames (30), seconds (1.5s) or a share of the clip (50%)"
        raise ValueError(message)
    unit, scale = _UNITS[found["unit"]]
    amount = Fraction(found["amount"]) * scale
    if unit == "frames" and amount.denominator > 1:
        message = f"{value!r} is no whole number of frames; for seconds write {found['amount']}s"
        raise ValueError(message)
    return Time(amount, unit)


Moment = Annotated[
    Time,
    PlainValidator(parsed, json_schema_input_type=str | int),
    PlainSerializer(str, str, when_used="json"),
]
"""A time in settings."""
