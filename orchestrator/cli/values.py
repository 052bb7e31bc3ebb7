"""Values as the command line has them, read strictly."""

from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def count(text: str) -> int:
    """Return a number of things, 1 to 1000."""
    return _number(text, 1, 1000)


def seed(text: str) -> int:
    """Return a seed, 0 to 2**32 - 1."""
    return _number(text, 0, 2**32 - 1)


def _number(text: str, least: int, most: int) -> int:
    if text.isdecimal() and least <= int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"write a whole number from {least} to {most}, not {text!r}")


def seconds(text: str) -> Fraction:
    """Return a time in seconds."""
    try:
        return Fraction(text.removesuffix("s"))
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"write seconds, such as 2.5, not {text!r}") from None


def size(text: str) -> tuple[int, int]:
    """Return width and height, multiples of 8."""
    width, _, height = text.partition("x")
    if all(side.isdecimal() and int(side) and int(side) % 8 == 0 for side in (width, height)):
        return int(width), int(height)
    raise argparse.ArgumentTypeError(f"write two multiples of 8, such as 768x512, not {text!r}")


def lora(text: str) -> tuple[str, float]:
    """Return a LoRA's name and its weight, 1 when left out."""
    name, _, weight = text.rpartition(":")
    try:
        return (name, float(weight)) if name else (text, 1.0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"write NAME:WEIGHT, such as film:0.8, not {text!r}") from None


def numbers(text: str) -> tuple[float, ...]:
    """Return numbers between commas."""
    try:
        return tuple(float(each) for each in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"write numbers with commas between, not {text!r}") from None


def strengths(text: str) -> tuple[float, ...]:
    """Return strengths between commas, each more than 0 and at most 1."""
    found = numbers(text)
    if all(0 < each <= 1 for each in found):
        return found
    raise argparse.ArgumentTypeError(f"a strength is above 0 and at most 1, not {text!r}")


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    return _decimal(text, 0, 1)


def weight(text: str) -> float:
    """Return a LoRA's weight, -4 to 4."""
    return _decimal(text, -4, 4)


def _decimal(text: str, least: float, most: float) -> float:
    try:
        if least <= (number := float(text)) <= most:
            return number
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"write a number from {least} to {most}, not {text!r}")


def several(one: Callable[[str], T]) -> Callable[[str], list[T]]:
    """Return what reads values between commas, each as `one` does."""
    return lambda text: [one(each) for each in text.split(",")]
