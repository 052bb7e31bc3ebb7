"""Bringing a LoRA into a WebUI, such that no cache can serve an older one.

A WebUI keeps a LoRA in memory by its name: a file that is replaced under the same name is not read again. So
each version gets a name of its own, from its content, and never changes afterwards.
"""

from __future__ import annotations

import difflib
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator import digest
from orchestrator.errors import EffectMissing, WebUIRefused
from orchestrator.safetensors_file import content_hash, header
from orchestrator.webui import card as cards
from orchestrator.webui.card import LoraCard, Mark
from orchestrator.webui.folder import folder, put_bytes, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from orchestrator.artifacts import LoraWeights
    from orchestrator.webui.client import Client
    from orchestrator.webui.folder import Folder
    from orchestrator.webui.wire import LoraEntry

HASH_DIGITS = 12
LORA, CARD, PREVIEW = ".safetensors", ".json", ".preview.png"

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")  # `<lora:name:weight>` and `Lora hashes` have no way to quote
_LOOKS = (0.0, 0.5, 1.0, 2.0)  # seconds before each look: a shared folder may show a new file late


@dataclass(frozen=True)
class InstalledLora:
    """A LoRA that a WebUI can use.

    Attributes:
        name: what stands in `<lora:name:weight>`.
        place: where it lies in the WebUI's folder, a path or `ssh://…`, as seen from here.
        content_hash: its `sshs_model_hash`, 64 hex digits.
    """

    name: str
    place: str
    content_hash: str


def install(
    lora: LoraWeights, lora_dir: Path | str, client: Client, *, name: str, card: LoraCard | None = None
) -> InstalledLora:
    """Put a LoRA into a WebUI's folder and make sure that the WebUI sees it. Doing it again changes nothing.

    Args:
        lora: what to install.
        lora_dir: the WebUI's LoRA folder: its path as seen from here, or `ssh://user@host/path`.
        client: that WebUI.
        name: the start of its name; the content's hash follows.
        card: what to write beside it.

    Raises:
        StorageError: the folder does not take it.
        WebUIUnreachable: the folder's machine cannot be reached.
        WebUIRefused: the WebUI does not list it.
        EffectMissing: the WebUI lists another file under its name.
    """
    installed = place(lora, folder(lora_dir), name=name, card=card or LoraCard())
    check_seen(installed, client)
    return installed


def place(lora: LoraWeights, lora_dir: Folder, *, name: str, card: LoraCard) -> InstalledLora:
    """Copy a LoRA, its card and its preview into a folder; a whole copy and an edited card are left alone."""
    unique = f"{clean(name)}-{lora.content_hash[:HASH_DIGITS]}"
    there = lora_dir.sizes()
    if not _is_whole(lora, lora_dir, f"{unique}{LORA}", there):
        lora_dir.put(lora.file, f"{unique}{LORA}")
    if f"{unique}{CARD}" not in there:
        _place_card(lora, lora_dir, unique, name=name, card=card)
    return InstalledLora(unique, lora_dir.place(f"{unique}{LORA}"), lora.content_hash)


def prefer(installed: InstalledLora, lora_dir: Folder, weight: float) -> None:
    """Write into a LoRA's card the weight to start with; all else in the card stays as it is.

    Raises:
        StorageError: the folder does not take it.
        WebUIUnreachable: the folder's machine cannot be reached.
    """
    name = f"{installed.name}{CARD}"
    before = read_bytes(lora_dir, name)
    after = cards.reweighted(before, weight)
    if after != before:
        put_bytes(lora_dir, after, name)


def clean(name: str) -> str:
    """Return a name that needs no quoting in a prompt, an infotext or a command."""
    return _UNSAFE.sub("_", name).strip(".-") or "lora"


def check_seen(installed: InstalledLora, client: Client) -> None:
    """Make the WebUI look into its folder, and make sure that its list holds this very LoRA.

    Raises:
        WebUIRefused: it is not in the list, also not after a few seconds.
        EffectMissing: the list says another content hash, or has the name twice.
    """
    found = _listed(installed.name, client)
    if not found:
        raise WebUIRefused(
            f"the WebUI does not list the LoRA {installed.name}, which lies at {installed.place}",
            where=client.url,
            remedy="Set webui.lora_dir to the folder that this WebUI takes its LoRAs from.",
        )
    if len(found) > 1:
        raise EffectMissing(
            f"the WebUI lists the LoRA {installed.name} {len(found)} times, and would use any of them",
            where=client.url,
            remedy="Remove the copies that lie in other folders.",
        )
    listed = (found[0].metadata or {}).get("sshs_model_hash", installed.content_hash)
    if listed != installed.content_hash:
        raise EffectMissing(
            f"expected LoRA {installed.name} with hash {installed.content_hash[:HASH_DIGITS]},"
            f" got {str(listed)[:HASH_DIGITS]}",
            where=client.url,
            remedy="Another file of that name lies in the WebUI's folder: remove it.",
        )


def listed_hashes(names: Iterable[str], client: Client) -> dict[str, str]:
    """Return the content hashes of LoRAs that a WebUI has, as far as it tells them.

    Raises:
        WebUIRefused: it does not list one of them; what comes nearest is told.
    """
    entries = {entry.name: entry for entry in client.loras()}
    for name in names:
        if name not in entries:
            near = difflib.get_close_matches(name, entries, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(entries) or 'none'}"
            raise WebUIRefused(f"the WebUI does not list the LoRA {name!r}; {hint}", where=client.url)
    told = {name: (entries[name].metadata or {}).get("sshs_model_hash") for name in names}
    return {name: content_hash for name, content_hash in told.items() if content_hash}


def _listed(name: str, client: Client) -> list[LoraEntry]:
    for pause in _LOOKS:
        time.sleep(pause)
        client.refresh_loras()
        if found := [entry for entry in client.loras() if entry.name == name]:
            return found
    return []


def _is_whole(lora: LoraWeights, lora_dir: Folder, name: str, there: Mapping[str, int]) -> bool:
    if there.get(name) != lora.file.stat().st_size:
        return False
    with lora_dir.reading(name) as file:
        return content_hash(file) == lora.content_hash


def _place_card(lora: LoraWeights, lora_dir: Folder, unique: str, *, name: str, card: LoraCard) -> None:
    picture = cards.preview(card.preview) if card.preview else None
    if picture:
        put_bytes(lora_dir, picture, f"{unique}{PREVIEW}")
    mark = Mark(clean(name), lora.content_hash, time.time(), digest.of_bytes(picture) if picture else "")
    text = cards.write(card, mark, header(lora.file).metadata)
    put_bytes(lora_dir, text, f"{unique}{CARD}")  # last: it says of the others that they are ours
