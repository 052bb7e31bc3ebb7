"""Bringing a LoRA into a WebUI, such that no cache can serve an older one.

A WebUI keeps a LoRA in memory by its name: a file that is replaced under the same name is not read again. So
each version gets a name of its own, from its content, and never changes afterwards.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import EffectMissing, WebUIRefused
from orchestrator.files import replacing, write_json
from orchestrator.safetensors_file import content_hash

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.artifacts import LoraWeights
    from orchestrator.webui.client import Client

_HASH_DIGITS = 12
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")  # `<lora:name:weight>` and `Lora hashes` have no way to quote


@dataclass(frozen=True)
class InstalledLora:
    """A LoRA that a WebUI can use.

    Attributes:
        name: what stands in `<lora:name:weight>`.
        file: where it lies in the WebUI's folder.
        content_hash: its `sshs_model_hash`, 64 hex digits.
    """

    name: str
    file: Path
    content_hash: str


@dataclass(frozen=True)
class LoraCard:
    """What a WebUI shows beside a LoRA, and fills into the prompt when it is clicked.

    Attributes:
        activation_text: the trigger word or words.
        preferred_weight: the weight to start with.
        sd_version: `SD1`, `SD2`, `SDXL` or `Unknown`.
        description: one line.
        notes: anything else.
    """

    activation_text: str = ""
    preferred_weight: float = 1.0
    sd_version: str = "Unknown"
    description: str = ""
    notes: str = ""


def install(
    lora: LoraWeights, lora_dir: Path, client: Client, *, name: str, card: LoraCard | None = None
) -> InstalledLora:
    """Put a LoRA into a WebUI's folder and make sure that the WebUI sees it. Doing it again changes nothing.

    Args:
        lora: what to install.
        lora_dir: the WebUI's LoRA folder, as seen from here.
        client: that WebUI.
        name: the start of its name; the content's hash follows.
        card: what to write beside it.

    Raises:
        NotWritable, DiskFull: the folder does not take it.
        WebUIRefused: the WebUI does not list it.
        EffectMissing: the WebUI lists another file under its name.
    """
    installed = place(lora, lora_dir, name=name, card=card or LoraCard())
    client.refresh_loras()
    check_seen(installed, client)
    return installed


def place(lora: LoraWeights, lora_dir: Path, *, name: str, card: LoraCard) -> InstalledLora:
    """Copy a LoRA and its card into a folder; a whole copy and an edited card are left as they are."""
    unique = f"{_UNSAFE.sub('_', name)}-{lora.content_hash[:_HASH_DIGITS]}"
    target = lora_dir / f"{unique}.safetensors"
    if not (target.exists() and content_hash(target) == lora.content_hash):
        with replacing(target) as partial:
            shutil.copyfile(lora.file, partial)
    sidecar = target.with_suffix(".json")
    if not sidecar.exists():
        write_json(sidecar, _as_webui_reads(card))
    return InstalledLora(unique, target, lora.content_hash)


def check_seen(installed: InstalledLora, client: Client) -> None:
    """Make sure that the WebUI's list holds this very LoRA.

    Raises:
        WebUIRefused: it is not in the list.
        EffectMissing: the list says another content hash.
    """
    entry = next((entry for entry in client.loras() if entry.name == installed.name), None)
    if entry is None:
        raise WebUIRefused(
            f"the WebUI does not list the LoRA {installed.name}, which lies in {installed.file.parent}",
            where=client.url,
            remedy="Set webui.lora_dir to the folder that this WebUI takes its LoRAs from.",
        )
    listed = (entry.metadata or {}).get("sshs_model_hash", installed.content_hash)
    if listed != installed.content_hash:
        raise EffectMissing(
            f"expected LoRA {installed.name} with hash {installed.content_hash[:_HASH_DIGITS]},"
            f" got {str(listed)[:_HASH_DIGITS]}",
            where=client.url,
            remedy="Another file of that name lies in the WebUI's folder: remove it.",
        )


def _as_webui_reads(card: LoraCard) -> dict[str, str | float]:
    return {
        "description": card.description,
        "sd version": card.sd_version,
        "activation text": card.activation_text,
        "preferred weight": card.preferred_weight,
        "notes": card.notes,
    }
