"""The notation of prompts."""

from __future__ import annotations

import pytest

from orchestrator.embedded.webui.prompt import Use, Words, emphasis, parse
from orchestrator.embedded.webui.refusal import Refusal


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain: text, with 1:1", [("plain: text, with 1:1", 1)]),
        ("a (b) c", [("a ", 1), ("b", 1.1), (" c", 1)]),
        ("a (b:1.5)", [("a ", 1), ("b", 1.5)]),
        ("((b))", [("b", 1.21)]),
        ("[b]", [("b", 1 / 1.1)]),
        ("(a [b:x] c:2)", [("a ", 2), ("b:x", 2 / 1.1), (" c", 2)]),
        (r"\(b\)", [("(b)", 1)]),
        ("(open", [("open", 1.1)]),
        ("shut)", [("shut)", 1)]),
        ("Bunny", [("Bunny", 1)]),
        ("a BREAK b", [("a ", 1), (None, 1), (" b", 1)]),
        ("", []),
    ],
)
def test_emphasis(text: str, pieces: list[tuple[str | None, float]]) -> None:
    """Brackets weigh, escapes do not, and nothing is lost."""
    found = [(piece.text, pytest.approx(piece.weight)) for piece in emphasis(text)]
    assert found == pieces


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("<lora:a>", Use("a", 1, 1)),
        ("<lora:a:0.5>", Use("a", 0.5, 0.5)),
        ("<lora:a:0.5:-2>", Use("a", 0.5, -2)),
        ("<lora:a b.c:te=0:unet=1>", Use("a b.c", 0, 1)),
        ("<lyco:a:1>", Use("a", 1, 1)),
    ],
)
def test_loras_are_taken_out_of_the_words(text: str, use: Use) -> None:
    """A LoRA's tag says which and how strongly, and is no word."""
    prompt = parse(f"x {text} y")
    assert prompt.loras == (use,)
    assert prompt.words == (Words("x  y"),)


@pytest.mark.parametrize(
    "text",
    [
        "<lora:a:b>",
        "<lora:a:inf>",
        "<lora:a:1:1:1>",
        "<lora:a:dyn=1>",
        "<hypernet:a:1>",
        "[a|b]",
        "[a:0.5]",
        "a AND b",
    ],
)
def test_what_would_be_ignored_is_refused(text: str) -> None:
    """A prompt that cannot be honoured is not painted without its unreadable part."""
    with pytest.raises(Refusal):
        parse(text)
