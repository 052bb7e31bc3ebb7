"""Which WebUI is it? All differences between them that matter here stand in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from orchestrator.errors import WebUIFailed, WebUIRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.webui.client import Client

T = TypeVar("T")


@dataclass(frozen=True)
class Flavour:
    """One program of the family.

    Attributes:
        name: what people call it.
        vae_list: where VAEs are listed.
        has_schedulers: whether a request can choose its noise schedule, and is told it afterwards.
        has_distilled_cfg: whether it knows the guidance of distilled models; others ignore it in silence.
        has_controlnet: whether ControlNet is built in; elsewhere it is an extension.
    """

    name: str
    vae_list: str = "sd-vae"
    has_schedulers: bool = True
    has_distilled_cfg: bool = False
    has_controlnet: bool = False


A1111 = Flavour("AUTOMATIC1111")
FORGE = Flavour("Forge", vae_list="sd-modules", has_distilled_cfg=True, has_controlnet=True)
REFORGE = Flavour("reForge", has_controlnet=True)
SDNEXT = Flavour("SD.Next", has_schedulers=False)
EMBEDDED = Flavour("embedded")


def detect(client: Client, version: str) -> Flavour:
    """Tell which program answers, by the lists that it has and by its version.

    Args:
        client: the WebUI.
        version: as a picture's `info` tells it: `v1.10.1`, `f2.0.1v1.10.1-…`, `orchestrate-0.1.0`.

    Raises:
        WebUIError: it does not answer as one of them.
    """
    if version.startswith("orchestrate-"):
        return EMBEDDED
    if listed(lambda: client.vaes(FORGE.vae_list)) is not None:
        return FORGE
    if listed(client.schedulers) is None:
        return SDNEXT
    return REFORGE if version.startswith("f") else A1111


def listed(ask: Callable[[], T]) -> T | None:
    """Return what a WebUI answers, or None where it has no such list."""
    try:
        return ask()
    except WebUIFailed:
        raise
    except WebUIRefused:
        return None
