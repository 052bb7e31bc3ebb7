"""Removing old versions of a LoRA from a WebUI's folder, and nothing that is not ours.

A LoRA is ours if all of this holds: its name ends in the first digits of a hash; the card beside it was
written here, is unchanged since, and names that hash; and the file's content has that hash. A preview is ours
if the card knows its digest. So a LoRA that somebody else put there, replaced, or wrote notes about is never
touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator import digest
from orchestrator.errors import ModelFileError
from orchestrator.safetensors_file import content_hash
from orchestrator.webui import card
from orchestrator.webui.folder import read_bytes
from orchestrator.webui.loras import CARD, HASH_DIGITS, LORA, PREVIEW, clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.webui.card import Mark
    from orchestrator.webui.folder import Folder


@dataclass(frozen=True)
class Pruned:
    """What came of it; names as in a prompt.

    Attributes:
        removed: oldest first.
        kept: the newest versions, newest first.
        foreign: versions that are not ours, or not ours any more.
    """

    removed: tuple[str, ...]
    kept: tuple[str, ...]
    foreign: tuple[str, ...]


def prune(
    lora_dir: Folder, *, name: str, keep: int, current: str | None = None, dry_run: bool = False
) -> Pruned:
    """Remove all but the newest versions of a LoRA.

    Args:
        lora_dir: the WebUI's folder.
        name: what the LoRA was installed as, without its hash.
        keep: how many versions stay, at least 1.
        current: the content hash of a version that stays however old it is.
        dry_run: say what would be removed, and remove nothing.

    Raises:
        StorageError: the folder does not let us.
        WebUIUnreachable: its machine cannot be reached.
    """
    there = lora_dir.sizes()
    names = sorted(each.removesuffix(LORA) for each in there if _pattern(name).fullmatch(each))
    marks = {unique: mark for unique in names if (mark := _mark(lora_dir, unique, there, clean(name)))}
    newest = sorted(marks, key=lambda unique: marks[unique].installed, reverse=True)
    old = [unique for unique in newest[keep:] if marks[unique].content_hash != current]
    ours = [unique for unique in reversed(old) if _is_ours(lora_dir, unique, marks[unique])]
    if not dry_run:
        for unique in ours:
            _remove(lora_dir, unique, marks[unique], there)
    foreign = [unique for unique in names if unique not in marks or (unique in old and unique not in ours)]
    kept = [unique for unique in newest if unique not in old]
    return Pruned(tuple(ours), tuple(kept), tuple(foreign))


def withdraw(lora_dir: Folder, *, name: str, content_hash: str) -> bool:
    """Remove one version of a LoRA, if it is there and ours; return whether it was.

    Args:
        lora_dir: the WebUI's folder.
        name: what the LoRA was installed as, without its hash.
        content_hash: which version.

    Raises:
        StorageError, WebUIUnreachable: as `prune`.
    """
    unique, there = f"{clean(name)}-{content_hash[:HASH_DIGITS]}", lora_dir.sizes()
    mark = _mark(lora_dir, unique, there, clean(name)) if f"{unique}{LORA}" in there else None
    if mark is None or not _is_ours(lora_dir, unique, mark):
        return False
    _remove(lora_dir, unique, mark, there)
    return True


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(clean(name))}-[0-9a-f]{{{HASH_DIGITS}}}{re.escape(LORA)}")


def _mark(lora_dir: Folder, unique: str, there: Mapping[str, int], name: str) -> Mark | None:
    if f"{unique}{CARD}" not in there:
        return None
    mark = card.read(read_bytes(lora_dir, f"{unique}{CARD}"))
    known = mark is not None and unique == f"{name}-{mark.content_hash[:HASH_DIGITS]}"
    return mark if known else None


def _is_ours(lora_dir: Folder, unique: str, mark: Mark) -> bool:
    try:
        with lora_dir.reading(f"{unique}{LORA}") as file:
            return content_hash(file) == mark.content_hash
    except ModelFileError:
        return False  # something else has been put there


def _remove(lora_dir: Folder, unique: str, mark: Mark, there: Mapping[str, int]) -> None:
    lora_dir.remove(f"{unique}{LORA}")
    preview = f"{unique}{PREVIEW}"
    if mark.preview and preview in there and digest.of_bytes(read_bytes(lora_dir, preview)) == mark.preview:
        lora_dir.remove(preview)
    lora_dir.remove(f"{unique}{CARD}")
