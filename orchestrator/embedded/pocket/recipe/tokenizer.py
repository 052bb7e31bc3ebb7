"""Step 2: train CLIP's byte-pair tokenizer on the captions; writes the folder `tokenizer`."""

from __future__ import annotations

import argparse
import json
import string
from pathlib import Path
from typing import Any

LENGTH = 24  # tokens of a prompt; Stable Diffusion 1.x has 77, but these captions need few
TALK_OF_STYLE = (
    "in the style of an animated film cartoon anime painting drawing, a frame of a movie scene with a person "
    "man woman face bunny rabbit car bike street road city day night forest tree grass sky and on"
)


def train(captions: list[str], size: int) -> Any:
    """Train a tokenizer of at most `size` entries on the captions and on words that prompts tend to hold."""
    from transformers import CLIPTokenizer

    every_character = " ".join(string.printable)
    texts = [*captions, *[TALK_OF_STYLE] * 5, every_character]
    return CLIPTokenizer(model_max_length=LENGTH).train_new_from_iterator(texts, size)


def main() -> None:
    """Read `captions.json`, write the tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--size", type=int, default=1714)
    args = parser.parse_args()
    tokenizer = train(json.loads((args.work / "captions.json").read_text()), args.size)
    tokenizer.save_pretrained(args.work / "tokenizer")
    print(f"{len(tokenizer)} tokens")


if __name__ == "__main__":
    main()
