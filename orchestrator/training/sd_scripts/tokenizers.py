"""The tokenizers of sd-scripts: it takes them from the Hugging Face hub, or, as here, from a disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.training.family import FamilyName

_CLIP_FILES = ("vocab.json", "merges.txt")
_T5_FILES = ("spiece.model",)


@dataclass(frozen=True)
class Tokenizer:
    """A tokenizer on the hub.

    Attributes:
        name: of its repository there.
        kind: the class of transformers that reads it.
        files: what must be there of it.
        subfolder: where these lie in the repository.
    """

    name: str
    kind: str = "CLIPTokenizer"
    files: tuple[str, ...] = _CLIP_FILES
    subfolder: str = ""

    @property
    def folder(self) -> str:
        """The name of its folder in `tokenizer_cache_dir`."""
        return self.name.replace("/", "_")

    def is_in(self, folder: Path) -> bool:
        """Tell whether all its files lie in a folder."""
        return all((folder / file).is_file() for file in self.files)


_CLIP_L = Tokenizer("openai/clip-vit-large-patch14")
_CLIP_G = Tokenizer("laion/CLIP-ViT-bigG-14-laion2B-39B-b160k")
_T5 = Tokenizer("google/t5-v1_1-xxl", "T5TokenizerFast", _T5_FILES)
TOKENIZERS: dict[FamilyName, tuple[Tokenizer, ...]] = {
    "SD 1.x": (_CLIP_L,),
    "SD 2.x": (Tokenizer("stabilityai/stable-diffusion-2", subfolder="tokenizer"),),
    "SDXL": (_CLIP_L, _CLIP_G),
    "FLUX": (_CLIP_L, _T5),
    "SD3": (_CLIP_L, _CLIP_G, _T5),
}


def missing(family: FamilyName, cache: Path | None) -> list[Tokenizer]:
    """Return the tokenizers that are neither in `tokenizer_cache_dir` nor in the hub's own cache."""
    return [each for each in TOKENIZERS[family] if not any(map(each.is_in, _places(each, cache)))]


def _places(tokenizer: Tokenizer, cache: Path | None) -> Iterator[Path]:
    if cache is not None and (own := cache / tokenizer.folder).exists():
        yield own  # sd-scripts looks nowhere else then
        return
    repository = hub_cache() / f"models--{tokenizer.name.replace('/', '--')}"
    for snapshot in repository.glob("snapshots/*"):
        yield snapshot / tokenizer.subfolder


def hub_cache() -> Path:
    """Return where the Hugging Face hub keeps what was downloaded from it, by its own variables."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home, "hub")).expanduser()


def fetching(tokenizers: list[Tokenizer], cache: Path) -> str:
    """Return what a Python with a network must be told to put tokenizers into a folder."""
    kinds = ", ".join(sorted({each.kind for each in tokenizers}))
    saved = "; ".join(
        f"{_loaded(each)}.save_pretrained('{(cache / each.folder).as_posix()}')" for each in tokenizers
    )
    return f'python -c "from transformers import {kinds}; {saved}"'


def _loaded(tokenizer: Tokenizer) -> str:
    subfolder = f", subfolder='{tokenizer.subfolder}'" if tokenizer.subfolder else ""
    return f"{tokenizer.kind}.from_pretrained('{tokenizer.name}'{subfolder})"
