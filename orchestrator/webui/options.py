"""Options overridden such that they come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.webui.proof import CHECKPOINT

if TYPE_CHECKING:
    from collections.abc import Collection

    from orchestrator.webui.client import Client


def make_restorable(client: Client, names: Collection[str]) -> None:
    """Set options to the values that they have.

    A WebUI puts an option back after a request overrode it only if it was ever set, as the checkpoint was.
    """
    wanted = set(names) - {CHECKPOINT}
    if wanted:
        present = client.options()
        client.set_options({name: present[name] for name in wanted if name in present})
