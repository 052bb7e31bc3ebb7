"""CLIP's own vocabulary, which no Stable Diffusion checkpoint file carries."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

_MERGES = Path(__file__).with_name("merges.txt.gz")
_SPECIAL = ("<|startoftext|>", "<|endoftext|>")
CONTEXT = 77


def tokenizer(*, pad: str = _SPECIAL[1]) -> Any:
    """Build the tokenizer of CLIP ViT-L/14 (49,408 tokens, context 77).

    Args:
        pad: the padding token; OpenCLIP's bigG (SDXL's second encoder) was trained with "!".
    """
    from transformers import CLIPTokenizer

    merges = [tuple(line.split()) for line in gzip.decompress(_MERGES.read_bytes()).decode().splitlines()]
    return CLIPTokenizer(vocab=_vocabulary(merges), merges=merges, pad_token=pad, model_max_length=CONTEXT)


def _vocabulary(merges: list[tuple[str, ...]]) -> dict[str, int]:
    """Number the tokens as CLIP does: bytes, bytes that end a word, merges in order, start, end."""
    letters = _byte_letters()
    tokens = [*letters, *(letter + "</w>" for letter in letters), *map("".join, merges), *_SPECIAL]
    return {token: number for number, token in enumerate(tokens)}


def _byte_letters() -> list[str]:
    """List GPT-2's letter of every byte: printable bytes as themselves, the others from U+0100 on."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = 256 - len(printable)
    return [chr(byte) for byte in printable] + [chr(256 + extra) for extra in range(others)]
