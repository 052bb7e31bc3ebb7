"""Keys of a schedule, and the curve that they draw."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator

from orchestrator import timeline as times
from orchestrator.settings import Settings
from orchestrator.stylization.schedule import expression
from orchestrator.stylization.schedule.expression import Expression
from orchestrator.timeline import Time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.timeline import Timeline

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
Ease = Literal["linear", "hold", "ease-in", "ease-out", "ease-in-out"]
EASINGS: dict[Ease, Callable[[float], float]] = {
    "linear": lambda way: way,
    "hold": lambda _: 0.0,
    "ease-in": lambda way: way * way,
    "ease-out": lambda way: way * (2 - way),
    "ease-in-out": lambda way: way * way * (3 - 2 * way),
}


def number_or_formula(value: Any) -> float | Expression:
    """Read a key's value. Raises ValueError: it is neither a number nor a formula."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, str):
        message = f"write a number or a formula in quotes, not {value!r}"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns only ValueError into a complaint
    return float(value) if NUMBER.fullmatch(value.strip()) else expression.parsed(value)


def time_or_formula(value: Any) -> Time | Expression:
    """Read where a key stands: a time, or a formula of `max_f` for the frame. Raises ValueError: neither."""
    if isinstance(value, Expression):
        return value
    if isinstance(value, str) and "max_f" in value:
        return expression.parsed(value)
    return times.parsed(value)


def written(value: Time | Expression | float) -> str | float:
    """Return one half of a key as settings may have it."""
    if isinstance(value, Expression):
        return value.text
    return str(value) if isinstance(value, Time) else value


class Key(Settings):
    """One key.

    Attributes:
        at: when: frames, seconds (1.5s), a share of the clip (50%), or a formula such as max_f / 2.
        value: a number, from which the curve goes on to the next key; or a formula, which holds for each
            frame until the next key.
        ease: how the curve goes from this number to the next key.
    """

    at: Annotated[
        Time | Expression,
        PlainValidator(time_or_formula, json_schema_input_type=str | int),
        PlainSerializer(written, when_used="json"),
    ]
    value: Annotated[
        float | Expression,
        PlainValidator(number_or_formula, json_schema_input_type=float | str),
        PlainSerializer(written, when_used="json"),
    ]
    ease: Ease = "linear"


def curve(keys: Sequence[Key], timeline: Timeline, *, seed: int) -> list[float]:
    """Return a value for each frame of a clip.

    Before the first key its value holds, after the last one that one's; a key may lie beyond the clip's end.
    As in Deforum, a formula is evaluated anew at each frame until the next key, and a number moves towards
    the next key's value (a formula's at that key).

    Args:
        keys: at least one, in the order of time.
        timeline: the clip's.
        seed: the variable `s` of formulas.

    Raises:
        ValueError: keys do not ascend, or a formula has no value somewhere.
    """
    last = timeline.count - 1
    places = [float(_place(key.at, timeline, seed)) for key in keys]
    for before, after in pairwise(zip(places, keys, strict=True)):
        if after[0] <= before[0]:
            message = (
                f"the key at {written(after[1].at)} (frame {after[0]:g}) does not come after the one at "
                f"{written(before[1].at)} (frame {before[0]:g}); put keys in the order of time, each once"
            )
            raise ValueError(message)
    anchors = [_number(key.value, place, last, seed) for key, place in zip(keys, places, strict=True)]

    def at(frame: int) -> float:
        here = bisect_right(places, frame) - 1
        if here >= 0 and isinstance(keys[here].value, Expression):
            return _number(keys[here].value, frame, last, seed)
        if here < 0 or here + 1 == len(keys):
            return anchors[max(here, 0)]
        way = (frame - places[here]) / (places[here + 1] - places[here])
        share = EASINGS[keys[here].ease](way)
        return (1 - share) * anchors[here] + share * anchors[here + 1]

    return [at(frame) for frame in range(timeline.count)]


def _place(at: Time | Expression, timeline: Timeline, seed: int) -> float:
    if isinstance(at, Time):
        return float(at.position(timeline))
    return float(int(at.at(0, last=timeline.count - 1, seed=seed)))


def _number(value: float | Expression, frame: float, last: int, seed: int) -> float:
    return value.at(frame, last=last, seed=seed) if isinstance(value, Expression) else value
