"""Deforum's way to write a schedule: `0: (0.3), 30: (0.65), "max_f-1": (0.3 + 0.1 * sin(t / 5))`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orchestrator.stylization.schedule import expression
from orchestrator.stylization.schedule.keys import NUMBER, Key, time_or_formula

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.stylization.schedule.expression import Expression
    from orchestrator.timeline import Time

_QUOTES = "\"'"


class Part(NamedTuple):
    """One key as it stands in the text: both halves, and where each begins, counted from 0."""

    at: str
    at_start: int
    value: str
    value_start: int


def is_schedule(text: str) -> bool:
    """Tell a schedule from a formula, which has no colon."""
    return ":" in text


def keys(text: str) -> list[Key]:
    """Return the keys of a schedule.

    Raises:
        ValueError: what is wrong, with its character, counted from 1, and what to write instead.
    """
    return [Key(at=_at(part), value=_value(part)) for part in parts(text)]


def parts(text: str) -> Iterator[Part]:
    """Take a schedule apart, without looking at what stands in the parentheses. Raises ValueError."""
    start = _skip(text, 0)
    if start == len(text):
        raise _complaint(start, "the schedule is empty; write for instance 0: (0.5)")
    while start < len(text):
        colon = text.find(":", start)
        if colon < 0:
            raise _complaint(start, f"'{text[start:].strip()}' has no frame; write for instance 0: (0.5)")
        opening = _skip(text, colon + 1)
        if text[opening : opening + 1] != "(":
            raise _complaint(opening, "a value stands in parentheses; write for instance 0: (0.5)")
        closing = _closing(text, opening)
        yield Part(text[start:colon], start, text[opening + 1 : closing], opening + 1)
        start = _next(text, closing + 1)


def _at(part: Part) -> Time | Expression:
    written = part.at.strip().strip(_QUOTES).strip()
    try:
        return time_or_formula(written)
    except ValueError as error:
        raise _complaint(part.at_start, f"before the colon stands a frame: {error}") from None


def _value(part: Part) -> float | Expression:
    bare = part.value.strip()
    return float(bare) if NUMBER.fullmatch(bare) else expression.parsed(part.value, offset=part.value_start)


def _skip(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _closing(text: str, opening: int) -> int:
    depth, quote = 0, ""
    for index in range(opening, len(text)):
        letter = text[index]
        if letter in _QUOTES and quote in ("", letter):
            quote = "" if quote else letter
        depth += 0 if quote else (letter == "(") - (letter == ")")
        if not depth:
            return index
    raise _complaint(opening, "this parenthesis is never closed; add a )")


def _next(text: str, start: int) -> int:
    comma = _skip(text, start)
    if comma < len(text) and text[comma] != ",":
        raise _complaint(
            comma, f"'{text[comma]}' stands where a comma should; write for instance 0: (1), 9: (2)"
        )
    return _skip(text, comma + 1)


def _complaint(place: int, what: str) -> ValueError:
    return ValueError(f"character {place + 1}: {what}")
