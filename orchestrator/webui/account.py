"""What a WebUI is and has, from its own lists and from one tiny picture that it painted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from orchestrator.errors import WebUIError, WebUIRefused, WebUIUnauthorized
from orchestrator.webui import catalogue, flavour, readiness
from orchestrator.webui.client import Client
from orchestrator.webui.flavour import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.webui.catalogue import Catalogue
    from orchestrator.webui.settings import WebUISettings
    from orchestrator.webui.wire import LoraEntry

_LORA_FLAG = "lora_dir"  # of the command line


@dataclass(frozen=True)
class Account:
    """A WebUI that can paint.

    Attributes:
        url: its address.
        flavour: which program it is.
        version: as it says.
        checkpoint, checkpoint_hash: what it paints with; the hash has 10 digits.
        vae: the one that is chosen; empty if it does not say.
        catalogue: all its lists.
        loras: names of its LoRAs.
        lora_folder: where they lie, as it sees it; None if it does not say and has none.
        wants_password: whether it turns away who brings none.
        free_ram, free_vram: bytes; None if it does not say, or has no GPU.
    """

    url: str
    flavour: str
    version: str
    checkpoint: str
    checkpoint_hash: str
    vae: str
    catalogue: Catalogue
    loras: tuple[str, ...]
    lora_folder: str | None
    wants_password: bool
    free_ram: float | None
    free_vram: float | None


def take(client: Client, settings: WebUISettings) -> Account:
    """Have a WebUI paint a tiny picture, and ask for all its lists.

    Raises:
        WebUIError: it cannot be reached or cannot paint.
        EffectMissing: it paints something else, such as a black picture or with another checkpoint.
    """
    painted = readiness.probe(client, checkpoint=settings.checkpoint, read_timeout=settings.ready_timeout)
    kind = flavour.detect(client, painted.version or "")
    memory, loras = listed(client.memory), listed(client.loras) or []
    return Account(
        url=client.url,
        flavour=kind.name,
        version=painted.version or "unknown",
        checkpoint=painted.sd_model_name or "unknown",
        checkpoint_hash=painted.sd_model_hash or "unknown",
        vae=str(client.options().get(catalogue.VAE) or ""),
        catalogue=catalogue.load(client, kind),
        loras=tuple(each.name for each in loras),
        lora_folder=_flagged(client) or common_folder(loras),
        wants_password=_wants_password(client.url, settings),
        free_ram=memory.ram.free if memory else None,
        free_vram=memory.cuda.system.free if memory and memory.cuda.system else None,
    )


def common_folder(loras: Iterable[LoraEntry]) -> str | None:
    """Return the innermost folder that holds all LoRAs of a list, as the WebUI's own system writes it."""
    paths = [each.path for each in loras if each.path]
    if not paths:
        return None
    kind = PureWindowsPath if any("\\" in path for path in paths) else PurePosixPath
    first, *others = [kind(path).parent for path in paths]
    shared = [each for each in (first, *first.parents) if all(other.is_relative_to(each) for other in others)]
    return str(shared[0]) if shared else None


def _flagged(client: Client) -> str | None:
    try:
        return str(client.flags().get(_LORA_FLAG) or "") or None
    except WebUIRefused:
        return None  # Forge fails at this


def _wants_password(url: str, settings: WebUISettings) -> bool:
    stranger = settings.model_copy(update={"auth": None})
    with Client(url, stranger) as client:
        try:
            client.progress()
        except WebUIUnauthorized:
            return True
        except WebUIError:
            return False
    return False
