"""Settings of a painting with some of them said otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from orchestrator.errors import ProjectError
from orchestrator.stylization.settings import StylizeSettings

if TYPE_CHECKING:
    from collections.abc import Mapping


def changed(settings: StylizeSettings, said: Mapping[str, Any]) -> StylizeSettings:
    """Return settings with other values for some of their names. Raises ProjectError: one cannot be."""
    try:
        read = StylizeSettings.model_validate(said)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise ProjectError(f"{fault['msg']}, not {fault['input']!r}", where=f"stylize.{place}") from None
    return settings.model_copy(update={name: getattr(read, name) for name in said})
