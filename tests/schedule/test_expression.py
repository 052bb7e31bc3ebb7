"""Formulas: what they give, and what they refuse."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.stylization.schedule.expression import MAX_LENGTH, parsed


def value(text: str, frame: float = 0, last: int = 59, seed: int = 7) -> float:
    return parsed(text).at(frame, last=last, seed=seed)


@pytest.mark.parametrize(
    ("text", "frame", "expected"),
    [
        ("1.0025+0.002*sin(1.25*3.14*t/30)", 7, 1.0025 + 0.002 * math.sin(1.25 * 3.14 * 7 / 30)),
        ("s", 0, 7),
        ("max_f - 1", 0, 58),
        ("where(cos(6.28*t/50)>0.995, 1, 0)", 50, 1),
        ("where(cos(6.28*t/50)>0.995, 1, 0)", 49, 0),
        ("where((t>3) & (t<8), 2, ~(t<9) * 1)", 5, 2),
        ("where((t>3) & (t<8), 2, ~(t<9) * 1)", 30, 1),
        ("where((t<3) | (t>8), 1, 0)", 1, 1),
        ("-t**2", 3, -9),
        ("t % 20", 45, 5),
        ("(t-30) % 7", 3, 1),
        ("t / 10", 5, 0.5),
        ("min(max(t, 2), 4)", 9, 4),
        ("abs(arctan2(t-5, 3)) + log1p(t)", 2, math.atan2(3, 3) + math.log(3)),
        ("sqrt(exp(log(4)))", 0, 2),
        ("2*pi", 0, 2 * math.pi),
    ],
)
def test_formulas_mean_what_they_mean_in_deforum(text: str, frame: int, expected: float) -> None:
    """The language is numexpr's; these values are numexpr 2.14's."""
    assert value(text, frame) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "character", "remedy"),
    [
        ("", 1, "write"),
        ("t + foo", 5, "known are t"),
        ("1 + frame", 5, "write t"),
        ("rnd(3)", 1, "known are"),
        ("pow(2, t)", 1, r"a \*\* b"),
        ("2 ^ t", 1, r"write \*\*"),
        ("sin(t, 2)", 1, "takes 1 value, not 2"),
        ("3 + where(t)", 5, "takes 3 values, not 1"),
        ("t.real", 1, "numbers, variables and functions"),
        ("().__class__.__bases__", 1, "cannot stand"),
        ("__import__('os')", 1, "no function"),
        ("'a' * 9", 1, "cannot stand"),
        ("[t][0]", 1, "cannot stand"),
        ("(lambda: 1)()", 1, "no function"),
        ("t if t else 1", 1, "cannot stand"),
        ("sin", 1, "no variable"),
        ("t << 9", 1, "operator"),
        ("t // 2", 1, "operator"),
        ("True", 1, "cannot stand"),
        ("1j", 1, "cannot stand"),
        ("sin(*t)", 5, "cannot stand"),
        ("t + ½", 5, "remove it"),
        ("t + * 2", 5, "no formula"),
        ("t := 3", 3, "no formula"),
    ],
)
def test_all_else_is_refused_with_its_place(text: str, character: int, remedy: str) -> None:
    """Nothing but numbers, four variables and listed functions; the character and the remedy are told."""
    with pytest.raises(ValueError, match=f"(?s)^character {character}: .*{remedy}"):
        parsed(text)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "9**9**9**9",
        "1/t",
        "log(t-9)",
        "sqrt(0-1)",
        "(0-8)**0.5",
        "exp(999)",
        "9e307 * 10",
        "t % 0",
    ],
)
def test_a_formula_without_a_value_says_at_which_frame(text: str) -> None:
    """Neither an overflow nor a division by zero becomes a picture, and none takes time."""
    began = time.monotonic()
    with pytest.raises(ValueError, match="no value at frame 0"):
        value(text)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("text", ["9" * (MAX_LENGTH + 1), "t+" * MAX_LENGTH + "t"])
def test_formulas_are_short(text: str) -> None:
    """Length bounds their cost."""
    with pytest.raises(ValueError, match="too long"):
        parsed(text)


@pytest.mark.parametrize(
    "text", ["(" * 240 + "t" + ")" * 240, "-" * 490 + "t", "*".join(["9" * 60] * 8), "+".join("t" * 240)]
)
def test_deep_and_large_formulas_end(text: str) -> None:
    """Whatever fits the length either has a value or is refused, at once."""
    began = time.monotonic()
    try:
        value(text)
    except ValueError as error:
        assert "character" in str(error) or "no value" in str(error)  # noqa: PT017 - it may also succeed
    assert time.monotonic() - began < 1


@given(st.text(max_size=40))
def test_no_text_does_harm(text: str) -> None:
    """Any text is a number or a complaint, never another exception."""
    try:
        assert math.isfinite(value(text))
    except ValueError as error:
        assert str(error)  # noqa: PT017 - most texts are complaints


@given(st.text(alphabet="t0129.+-*/%()&|<>=~ sincowhere,max_f'\"[]{}:\\\n", max_size=60))
def test_no_formula_like_text_does_harm(text: str) -> None:
    """Nor does what looks more like a formula."""
    try:
        assert math.isfinite(value(text))
    except ValueError as error:
        assert str(error)  # noqa: PT017 - most texts are complaints
