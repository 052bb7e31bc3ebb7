"""Who writes captions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from orchestrator.dataset.captioners.template import template

if TYPE_CHECKING:
    from orchestrator.dataset.captioners.captioner import Captioner

CAPTIONERS: dict[Literal["template"], Captioner] = {"template": template}
