"""A WebUI's options: changed such that it stays able to tell them, and overridden such that they come back.

`POST options` takes a value of any type with 200; with one wrong value in it, `GET options` fails until that
is mended, over restarts too. And an option that was never set is not put back after a request overrode it.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from orchestrator.errors import EffectMissing, WebUIRefused
from orchestrator.webui.proof import CHECKPOINT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.webui.client import Client


def change(client: Client, changes: Mapping[str, Any]) -> None:
    """Change options for good, and make sure that they are changed.

    Raises:
        WebUIRefused: there is no such option, or a value has another type than the present one.
        EffectMissing: the WebUI took a change and does not have it.
    """
    before = client.options()
    for name, value in changes.items():
        _check(name, value, before)
    client.set_options(changes)
    after = client.options()
    lost = [name for name, value in changes.items() if name != CHECKPOINT and after.get(name) != value]
    if lost:
        told = ", ".join(f"{name} {changes[name]!r}, got {after.get(name)!r}" for name in lost)
        raise EffectMissing(f"the WebUI did not change its options: expected {told}", where=client.url)


def make_restorable(client: Client, names: Collection[str]) -> None:
    """Set options to the values that they have, so that a WebUI puts them back after each override.

    Raises:
        WebUIRefused: there is no such option.
    """
    present = client.options()
    wanted = {name: present[name] for name in names if name in present and name != CHECKPOINT}
    if wanted:
        client.set_options(wanted)


def _check(name: str, value: Any, before: Mapping[str, Any]) -> None:
    if name not in before:
        near = difflib.get_close_matches(name, before, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise WebUIRefused(f"there is no option {name!r}{hint}")
    present = before[name]
    if present is not None and not isinstance(value, _alike(present)):
        kinds = f"{type(present).__name__}, not {type(value).__name__}"
        raise WebUIRefused(f"the option {name!r} must be {kinds}: it is {present!r} now")


def _alike(present: Any) -> tuple[type, ...]:
    """Return the types that may stand where a value stands: a whole number may where a number does."""
    return (int, float) if isinstance(present, float) else (type(present),)
