"""Reading a prompt in AUTOMATIC1111's notation: `<lora:name:weight>`, `(louder:1.2)`, `[softer]`, BREAK."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from orchestrator.embedded.webui.refusal import Refusal

_NETWORK = re.compile(r"<(\w+):([^<>]+)>")
_SCHEDULED = re.compile(r"(?<!\\)\[[^\[\]]*(?:\|[^\[\]]*|:\s*[\d.]+\s*)\]|\bAND\b")
_PIECE = re.compile(r"\\[()\[\]\\]|[(\[]|:\s*([+-]?[\d.]+)\s*\)|[)\]]|\bBREAK\b|[^\\()\[\]:B]+|.", re.DOTALL)
_STEP = 1.1


@dataclass(frozen=True)
class Use:
    """A LoRA as a prompt asks for it."""

    name: str
    text: float
    unet: float


@dataclass(frozen=True)
class Words:
    """A piece of text that weighs the same throughout; a BREAK is a piece with `text` None."""

    text: str | None
    weight: float = 1.0


@dataclass(frozen=True)
class Prompt:
    """A prompt taken apart."""

    words: tuple[Words, ...]
    loras: tuple[Use, ...]


def parse(prompt: str) -> Prompt:
    """Take a prompt apart.

    Raises:
        Refusal: a bad LoRA weight, another kind of extra network, or prompt scheduling, which is not built.
    """
    uses = [_use(kind, arguments) for kind, arguments in _NETWORK.findall(prompt)]
    rest = _NETWORK.sub("", prompt)
    if found := _SCHEDULED.search(rest):
        raise Refusal(f"Prompt scheduling and AND are not supported: {found[0]!r}")
    return Prompt(tuple(emphasis(rest)), tuple(uses))


def parse_negative(prompt: str) -> tuple[Words, ...]:
    """Take a negative prompt apart; LoRAs have no meaning there.

    Raises:
        Refusal: as `parse`, or it names an extra network.
    """
    parsed = parse(prompt)
    if parsed.loras:
        raise Refusal(f"A negative prompt cannot hold a LoRA: {parsed.loras[0].name!r}")
    return parsed.words


def emphasis(text: str) -> list[Words]:
    r"""Split text into pieces of equal weight.

    A round bracket multiplies by 1.1 or by its number, a square one divides by 1.1; \( is a bracket itself.
    An opening bracket that is never closed counts as closed at the end.
    """
    pieces: list[Words] = []
    opened: list[tuple[str, int]] = []
    for match in _PIECE.finditer(text):
        piece, number = match[0], match[1]
        if piece in "([":
            opened.append((piece, len(pieces)))
        elif number is not None and opened and opened[-1][0] == "(":
            _scale(pieces, opened.pop()[1], _number(number))
        elif piece in ")]" and opened and opened[-1][0] == {")": "(", "]": "["}[piece]:
            bracket, start = opened.pop()
            _scale(pieces, start, _STEP if bracket == "(" else 1 / _STEP)
        else:
            pieces.append(Words(None) if piece == "BREAK" else Words(re.sub(r"\\([()\[\]\\])", r"\1", piece)))
    for bracket, start in opened:
        _scale(pieces, start, _STEP if bracket == "(" else 1 / _STEP)
    return _joined(pieces)


def _scale(pieces: list[Words], start: int, factor: float) -> None:
    pieces[start:] = [Words(piece.text, piece.weight * factor) for piece in pieces[start:]]


def _joined(pieces: list[Words]) -> list[Words]:
    joined: list[Words] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and last.text is not None and piece.text is not None and last.weight == piece.weight:
            joined[-1] = Words(last.text + piece.text, piece.weight)
        else:
            joined.append(piece)
    return joined


def _use(kind: str, arguments: str) -> Use:
    """Read `name:te:unet`, where later ones default to earlier ones; `te=` and `unet=` may name them."""
    if kind not in {"lora", "lyco"}:
        raise Refusal(f"There is no extra network of kind {kind!r}: '<{kind}:{arguments}>'")
    name, *rest = arguments.split(":")
    named = dict(part.split("=", 1) for part in rest if "=" in part)
    plain = [part for part in rest if "=" not in part]
    if set(named) - {"te", "unet"} or len(plain) > 2:  # noqa: PLR2004 - the text encoder's and the U-Net's
        raise Refusal(f"This LoRA cannot be read: '<{kind}:{arguments}>'")
    text = _number(named.get("te", plain[0] if plain else "1"))
    unet = _number(named.get("unet", plain[1] if len(plain) > 1 else text))
    return Use(name, text, unet)


def _number(text: str | float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Refusal(f"This is no weight: {text!r}")
    return value
